#pragma once

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "request.hpp"

namespace mta_sts::resolver {

/// Takes an answer, without its framing, and whether the connection ends with it; called once, then or later.
using Answer = std::function<void(std::string text, bool last)>;

/// The front of a client's bytes: a request, a fault, or neither yet.
struct RequestFront {
  std::size_t taken = 0;              ///< bytes of the request with its framing; 0: it is not whole yet
  std::string_view request;           ///< without the framing; views the input
  std::optional<RequestError> error;  ///< the framing is lost: the client is told, and the connection ends
};

/// How the clients of one socket speak.
class Protocol {
 public:
  virtual ~Protocol() = default;

  /// Cuts the first request from what a client has sent. Bounded: at most request_limit_bytes and the framing
  /// are waited for.
  [[nodiscard]] virtual RequestFront cut(std::string_view input) const = 0;

  /// Gives the bytes that the end of a client's input stands for, behind a request that is not whole.
  [[nodiscard]] virtual std::string_view end_of_input() const { return {}; }

  /// Answers one request of a peer with this user id (-1 where the socket does not tell). Error: it is none;
  /// `answer` is called all the same, with what the client is to know.
  virtual std::expected<void, RequestError> answer_request(std::string_view request, uid_t peer,
                                                           Answer answer) = 0;

  /// Gives an answer its framing.
  [[nodiscard]] virtual std::string frame(std::string answer) const = 0;

  /// Gives the answer that refuses a request, or defers it (`resolver-busy`), for the reason of this word.
  [[nodiscard]] virtual std::string refuse(std::string_view word) const = 0;
};

/// The lines of the resolver's own socket: a request up to LF, one line in answer.
class LineProtocol final : public Protocol {
 public:
  using Handler = std::function<void(const Request&, uid_t, Answer)>;

  explicit LineProtocol(Handler handler) : handler_(std::move(handler)) {}

  [[nodiscard]] RequestFront cut(std::string_view input) const override;
  /// A last line may lack the LF, as Exim's readsocket sends it.
  [[nodiscard]] std::string_view end_of_input() const override { return "\n"; }
  std::expected<void, RequestError> answer_request(std::string_view request, uid_t peer,
                                                   Answer answer) override;
  [[nodiscard]] std::string frame(std::string answer) const override;
  [[nodiscard]] std::string refuse(std::string_view word) const override;

 private:
  Handler handler_;
};

}  // namespace mta_sts::resolver
