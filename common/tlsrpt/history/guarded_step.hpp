#pragma once

#include <expected>
#include <type_traits>
#include <utility>

#include "tlsrpt/history/history.hpp"

namespace mta_sts::tlsrpt {

/// Runs `body` and turns the HistoryError that a database throws in it into this interface's error.
template <typename T, typename Body>
History::Result<T> guarded_step(Body body) {
  try {
    if constexpr (std::is_void_v<T>) {
      body();
      return {};
    } else {
      return body();
    }
  } catch (HistoryError& error) {
    return std::unexpected(std::move(error));
  }
}

}  // namespace mta_sts::tlsrpt
