#include "tlsrpt/read/bound_texts.hpp"

#include "tlsrpt/model/text_limits.hpp"

namespace mta_sts::tlsrpt {
namespace {

class Bounds {
 public:
  explicit Bounds(QuirkSet& quirks) : quirks_(quirks) {}

  void apply(std::string& text, std::size_t limit) {
    if (auto cut = cut_text(text, limit)) {
      text = *std::move(cut);
      quirks_.add(Quirk::long_text);
    }
  }
  void apply(std::optional<std::string>& text, std::size_t limit) {
    if (text) {
      apply(*text, limit);
    }
  }

 private:
  QuirkSet& quirks_;
};

}  // namespace

void bound_texts(Report& report) {
  Bounds bounds(report.quirks);
  bounds.apply(report.organization, sender_limit);
  bounds.apply(report.contact, sender_limit);
  bounds.apply(report.id, text_limit);
  for (PolicyReport& policy : report.policies) {
    bounds.apply(policy.type, name_limit);
    bounds.apply(policy.domain, name_limit);
    for (FailureDetail& detail : policy.details) {
      for (std::string* const name :
           {&detail.result_type, &detail.host, &detail.receiving_ip, &detail.sending_ip, &detail.helo}) {
        bounds.apply(*name, name_limit);
      }
      bounds.apply(detail.reason_code, text_limit);
      bounds.apply(detail.additional_information, text_limit);
    }
  }
}

}  // namespace mta_sts::tlsrpt
