#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "unit/tlsrpt/read.hpp"

namespace mta_sts::tlsrpt {

inline const std::string report = report_text(policy_text("", counts_text("1", "0")));

inline void words(std::string_view bytes, std::string_view expected, std::string_view name = "report") {
  EXPECT_EQ(read_bytes(bytes, name).words(), expected) << name;
}

inline std::string mail(std::string_view headers, std::string_view body) {
  return "From: a@sender.example\r\nMIME-Version: 1.0\r\n" + std::string(headers) + "\r\n" +
         std::string(body);
}

inline std::string report_mail(std::string_view part_type, std::string_view body,
                               std::string_view top = "multipart/report; report-type=tlsrpt") {
  return mail(
      "TLS-Report-Submitter: sender.example\r\nContent-Type: " + std::string(top) + "; boundary=b\r\n",
      "--b\r\nContent-Type: text/plain\r\n\r\nfor people\r\n--b\r\nContent-Type: " + std::string(part_type) +
          "\r\n\r\n" + std::string(body) + "\r\n--b--\r\n");
}

}  // namespace mta_sts::tlsrpt
