#include "listeners.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/descriptor.hpp"
#include "base/utf8.hpp"
#include "outcome/datagram_text.hpp"
#include "verdict/resolver_client.hpp"

namespace mta_sts::resolver {
namespace {

using Failure = std::unexpected<Fault>;

/// The group of a socket's file: the one named, else the user's own.
std::expected<std::optional<gid_t>, Fault> group_of(const std::string& name,
                                                    const std::optional<Account>& user) {
  if (name.empty()) {
    return user ? std::optional(user->gid) : std::nullopt;
  }
  const auto found = find_group(name);
  if (!found) {
    return Failure(found.error());
  }
  return *found;
}

std::expected<Listener, Fault> make_postfix_listener(const std::string& place, bool any_address,
                                                     std::optional<gid_t> group) {
  auto listener = place.find('/') == std::string::npos ? make_tcp_listener(place, any_address)
                                                       : make_listener(place, group);
  if (listener) {
    listener->set_name(std::string(postfix_socket_name));
  }
  return listener;
}

// Senders count beside it what they could not tell (a byte a datagram); the file outlives the socket.
std::expected<Listener, Fault> make_outcome_socket(const std::string& path, std::optional<gid_t> group) {
  auto socket = make_listener(path, group, SocketKind::datagram);
  if (!socket) {
    return socket;
  }
  socket->set_name(std::string(outcome_socket_name));
  const std::string count = path + std::string(outcome::lost_count_suffix);
  const Descriptor file(
      ::open(count.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!file.is_open() || (group && ::fchown(file.get(), static_cast<uid_t>(-1), *group) != 0) ||
      ::fchmod(file.get(), 0660) != 0) {
    return Failure(Fault{"socket-unusable", text::escape_for_display(count) + " cannot be made: " +
                                                std::strerror(errno) + "; give another --outcomes-socket"});
  }
  return socket;
}

}  // namespace

std::expected<std::vector<Listener>, Fault> make_listeners(const ResolverOptions& options,
                                                           const std::optional<Account>& user) {
  auto listeners = adopt_passed_listeners(postfix_socket_name, outcome_socket_name);
  if (!listeners) {
    return listeners;
  }
  const bool has_own = std::ranges::any_of(*listeners, [](const Listener& listener) {
    return listener.name() != postfix_socket_name && listener.name() != outcome_socket_name;
  });
  std::vector<std::string> paths = options.sockets;
  if (paths.empty() && !has_own) {
    paths.emplace_back(default_resolver_socket);
  }
  // Of each kind: where, whose group the file gets, and how one is made.
  const auto make_all = [&](const std::vector<std::string>& places, const std::string& group_name,
                            auto make) -> std::expected<void, Fault> {
    const auto group = group_of(group_name.empty() ? options.socket_group : group_name, user);
    if (!group) {
      return Failure(group.error());
    }
    for (const std::string& place : places) {
      auto listener = make(place, *group);
      if (!listener) {
        return Failure(listener.error());
      }
      listeners->push_back(std::move(*listener));
    }
    return {};
  };
  auto made = make_all(paths, options.socket_group,
                       [](const std::string& path, auto group) { return make_listener(path, group); });
  if (made) {
    made = make_all(options.postfix.sockets, options.postfix.socket_group,
                    [&](const std::string& place, auto group) {
                      return make_postfix_listener(place, options.postfix.any_address, group);
                    });
  }
  if (made) {
    made = make_all(options.outcomes.sockets, options.outcomes.socket_group, make_outcome_socket);
  }
  return made ? std::move(listeners) : Failure(made.error());
}

}  // namespace mta_sts::resolver
