#pragma once

#include <uv.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "os/socket_address.hpp"

namespace mta_sts::sender {

/// A connection of a libuv loop, by TCP or to a Unix socket. libuv keeps what it needs of it until the loop
/// has let go; nobody is told of anything behind close().
class ByteStream {
 public:
  struct Events {
    std::function<void(int)> opened;              ///< 0, or an error of libuv
    std::function<void(std::string_view)> bytes;  ///< at most chunk_bytes
    std::function<void(int)> ended;               ///< UV_EOF, or an error of libuv; close() is to be called
  };

  static constexpr std::size_t chunk_bytes = 16384;

  ByteStream(uv_loop_t* loop, Events events);
  ~ByteStream() { close(); }
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// Begins to connect; `opened` is called later, also where it cannot begin.
  void connect(const Endpoint& endpoint);
  void connect(const std::string& path);

  /// Sends bytes, behind those before.
  void write(std::string bytes);

  /// Gives the number of bytes that the system has not taken yet.
  [[nodiscard]] std::size_t unsent() const;

  void close();

 private:
  struct Socket;
  std::shared_ptr<Socket> socket_;
};

}  // namespace mta_sts::sender
