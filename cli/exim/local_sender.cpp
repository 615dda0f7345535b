#include "cli/exim/local_sender.hpp"

#include <gnu/libc-version.h>

#include "cli/exim/program.hpp"
#include "eximcheck/dane.hpp"
#include "sender/dns/resolv_conf.hpp"

namespace mta_sts::cli {

bool host_sees_validation() {
  return eximcheck::sees_validation(gnu_get_libc_version(), sender::ResolvConf().trusts_ad());
}

std::optional<check::LocalSender> find_local_sender() {
  const EximProgram exim("", "");
  const auto version = exim.ask({"-bV"});
  if (!version) {
    return std::nullopt;
  }
  const eximcheck::EximBuild build = eximcheck::read_build(*version);
  const auto configuration = eximconf::read_configuration(exim.ask({"-bP", "config"}).value_or(""));
  return check::LocalSender{
      .program = "Exim " + build.version,
      .does_dane = eximcheck::find_dane_wish(build, configuration) != eximcheck::DaneWish::none,
      .sees_validation = host_sees_validation()};
}

}  // namespace mta_sts::cli
