"""Completion of the command in bash, fish and zsh."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from commands import command, tree

FOLDER = Path(__file__).resolve().parents[2] / "packaging" / "completion"
SCRIPTS = {"mta-sts.bash": "bash", "_mta-sts": "zsh", "mta-sts.fish": "fish"}
# What readline does with a line: the words, those of = and : apart, the last of them under the cursor.
ASK = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mta_sts; printf "%s\\n" "${COMPREPLY[@]}"'

# A shell at a terminal, which answers lines from a file before it would read the first from there, and ends.
ZSHRC = r"""
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {  # the builtin of this name offers words, and with -A, -O or -D only sorts them
  local -a hits
  if [[ ${@[1,(i)(-|--)]} != *-[AOD]* ]]; then
    builtin compadd -O hits "$@"
    print -rl -- $hits >>$answer
  fi
  builtin compadd "$@"
}
zle -C complete-here complete-word _main_complete
zle-line-init() {
  local line answer
  integer number
  for line in ${(f)"$(<lines)"}; do
    answer=$number
    : >$answer
    BUFFER=$line CURSOR=$#line
    zle complete-here
    number+=1
  done
  exit
}
zle -N zle-line-init
"""


def offered(*words, folder=FOLDER) -> set:
    done = subprocess.run(["bash", "--norc", "-c", ASK, "-", FOLDER / "mta-sts.bash", "mta-sts", *words], cwd=folder,
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split())


def test_completions_are_made_from_the_declarations(tmp_path):
    """To renew them: cmake --build build --target documents"""
    subprocess.run([os.environ["MTA_STS_DOCUMENTS"], "completion", tmp_path], timeout=60, check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in FOLDER.iterdir()) == sorted(SCRIPTS)
    assert [name for name in SCRIPTS if (tmp_path / name).read_text() != (FOLDER / name).read_text()] == []


@pytest.mark.parametrize("each", tree(), ids=str)
def test_bash_offers_what_help_lists(each):
    assert offered(*each.words, "--") == each.options
    if each.subcommands:
        assert offered(*each.words, "") == set(each.subcommands)


def test_bash_begins_with_what_is_typed():
    assert offered("exim-") == {"exim-setup", "exim-check"}
    assert offered("tlsrpt", "show", "--fa") == {"--failures"}
    assert offered("check", "example.com", "--js") == {"--json"}
    assert offered("frob", "") == set(command().subcommands)


def test_bash_offers_values_of_few():
    assert offered("resolver", "--log-level", "") == {"debug", "info", "warning", "error"}
    assert offered("resolver", "--log-level", "=", "w") == offered("resolver", "--log-level", "w") == {"warning"}
    assert offered("resolver", "--log-level", "=") == {"debug", "info", "warning", "error"}
    assert offered("exim-check", "--expect", "") == {"enforce", "observe", "off"}


def test_bash_offers_files_and_folders_where_they_are_meant(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    both = {"file", "folder"}
    assert offered("lint", "", folder=tmp_path) == both  # a folder leads to files
    assert offered("check", "--html", "", folder=tmp_path) == both
    assert offered("check", "--record", "", folder=tmp_path) == {"folder"}
    assert offered("tlsrpt", "html", "-o", "fo", folder=tmp_path) == {"folder"}
    assert offered("exim-setup", "", folder=tmp_path) == both | {"enforce", "observe", "off"}
    assert offered("check", "--timeout", "", folder=tmp_path) == offered("verdict", "", folder=tmp_path) == set()


def offered_by_fish(line) -> set:
    ask = 'source $argv[1]; complete -C "$argv[2]"'
    done = subprocess.run(["fish", "--no-config", "-c", ask, FOLDER / "mta-sts.fish", line], cwd=FOLDER, capture_output=True,
                          text=True, timeout=60, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return {each.split("\t")[0] for each in done.stdout.splitlines()}


@pytest.mark.parametrize("each", tree(), ids=str)
def test_fish_offers_what_help_lists(each):
    words = " ".join(["mta-sts", *each.words])
    assert {option for option in offered_by_fish(f"{words} --") if option.startswith("--")} == each.options
    if each.subcommands:
        assert offered_by_fish(f"{words} ") == set(each.subcommands)


def test_fish_offers_values_of_few():
    assert offered_by_fish("mta-sts resolver --log-level ") == {"debug", "info", "warning", "error"}


def offered_by_zsh(lines, folder) -> list:
    """What zsh offers at the end of each line."""
    (folder / ".zshrc").write_text(ZSHRC)
    (folder / "lines").write_text("".join(f"{line}\n" for line in lines))
    outside, inside = pty.openpty()
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "ZDOTDIR": str(folder), "COMPLETIONS": str(FOLDER), "TERM": "dumb"}
    with subprocess.Popen(["zsh", "-d", "-i"], cwd=folder, env=env, stdin=inside, stdout=inside, stderr=inside,
                          start_new_session=True) as shell, os.fdopen(outside, "rb", buffering=0) as terminal:  # fmt: skip
        os.close(inside)
        shown = b""
        try:
            while more := terminal.read(4096):
                shown += more
        except OSError:  # nobody is left in there
            pass
        assert shell.wait(timeout=60) == 0, shown.decode(errors="replace")
    return [set((folder / str(number)).read_text().split()) for number in range(len(lines))]


def test_zsh_offers_what_help_lists(tmp_path):
    every = list(tree())
    options = offered_by_zsh([" ".join(["mta-sts", *each.words, "--"]) for each in every], tmp_path)
    assert {str(each): found for each, found in zip(every, options, strict=True)} == {str(each): each.options for each in every}
    groups = [each for each in every if each.subcommands]
    assert offered_by_zsh([" ".join(["mta-sts", *each.words, ""]) for each in groups], tmp_path) == [set(each.subcommands) for each in groups]


def test_zsh_offers_values_files_and_what_begins_with_the_word(tmp_path):
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "a-file").touch()
    assert offered_by_zsh([
        "mta-sts resolver --log-level ", "mta-sts exim-check --expect ", "mta-sts exim-", "mta-sts lint a-", "mta-sts check --record a-",
    ], tmp_path) == [
        {"debug", "info", "warning", "error"}, {"enforce", "observe", "off"}, {"exim-setup", "exim-check"}, {"a-folder", "a-file"}, {"a-folder"},
    ]  # fmt: skip


@pytest.mark.parametrize("name, shell", SCRIPTS.items())
def test_a_shell_reads_its_script(name, shell):
    done = subprocess.run([shell, "-n", FOLDER / name], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["_mta-sts", "mta-sts.fish"])
@pytest.mark.parametrize("each", tree(), ids=str)
def test_the_others_have_every_option(name, each):
    text = (FOLDER / name).read_text()
    if name == "_mta-sts":
        part = re.search(rf"^_{re.sub('[ -]', '_', str(each))}\(\) \{{\n(.*?)^\}}", text, re.MULTILINE | re.DOTALL)[1]
        assert set(re.findall(r"^    '\*?(--[a-z-]+)\[", part, re.MULTILINE)) == each.options
    else:
        lines = re.findall(rf"^complete -c mta-sts -n '__mta_sts_at {each}' (.*)", text, re.MULTILINE)
        assert {f"--{found[1]}" for line in lines if (found := re.search(r"-l ([a-z-]+)", line))} == each.options
