#include "cli/import/import_text.hpp"

#include <nlohmann/json.hpp>

#include "tlsrpt/render/render_text.hpp"

namespace mta_sts::cli {

std::string to_sentence(const PassResult& pass) {
  using tlsrpt::render_number;
  const std::string_view input = pass.is_of_mails ? "mail" : "file";
  std::string sentence = render_number(pass.counts.fresh, "new report") + ", " +
                         render_number(pass.counts.duplicates, "duplicate") + ", " +
                         render_number(pass.counts.conflicts, "conflict");
  if (pass.read.refused > 0) {
    sentence += "; " + render_number(pass.read.refused, input) + " refused in part or as a whole";
  }
  if (pass.read.cut > 0) {
    sentence += "; " + render_number(pass.read.cut, input) + " with texts that were cut (W_LONG_TEXT)";
  }
  if (pass.unmoved > 0) {
    sentence += "; " + render_number(pass.unmoved, input) + " not moved";
  }
  return sentence;
}

std::string to_json(const PassResult& pass) {
  nlohmann::ordered_json object{{"imported", pass.counts.fresh},
                                {"duplicates", pass.counts.duplicates},
                                {"conflicts", pass.counts.conflicts},
                                {"refused_files", pass.read.refused}};
  if (pass.read.cut > 0) {
    object["cut_files"] = pass.read.cut;
  }
  if (pass.unmoved > 0) {
    object["unmoved_files"] = pass.unmoved;
  }
  return object.dump();
}

}  // namespace mta_sts::cli
