#include "listeners.hpp"

#include <algorithm>
#include <utility>

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

}  // namespace

std::expected<std::vector<Listener>, Fault> make_listeners(const ResolverOptions& options,
                                                           const std::optional<Account>& user) {
  auto listeners = adopt_passed_listeners(postfix_socket_name);
  if (!listeners) {
    return listeners;
  }
  const auto group = group_of(options.socket_group, user);
  if (!group) {
    return Failure(group.error());
  }
  std::vector<std::string> paths = options.sockets;
  const bool has_own = std::ranges::any_of(
      *listeners, [](const Listener& listener) { return listener.name() != postfix_socket_name; });
  if (paths.empty() && !has_own) {
    paths.emplace_back(default_resolver_socket);
  }
  for (const std::string& path : paths) {
    auto listener = make_listener(path, *group);
    if (!listener) {
      return Failure(listener.error());
    }
    listeners->push_back(std::move(*listener));
  }
  const auto postfix_group =
      options.postfix.socket_group.empty() ? group : group_of(options.postfix.socket_group, user);
  if (!postfix_group) {
    return Failure(postfix_group.error());
  }
  for (const std::string& place : options.postfix.sockets) {
    auto listener = make_postfix_listener(place, options.postfix.any_address, *postfix_group);
    if (!listener) {
      return Failure(listener.error());
    }
    listeners->push_back(std::move(*listener));
  }
  return listeners;
}

std::expected<std::vector<Listener>, Fault> make_outcome_sockets(const ResolverOptions& options,
                                                                 const std::optional<Account>& user) {
  const OutcomeOptions& outcomes = options.outcomes;
  const auto group =
      group_of(outcomes.socket_group.empty() ? options.socket_group : outcomes.socket_group, user);
  if (!group) {
    return Failure(group.error());
  }
  std::vector<Listener> sockets;
  for (const std::string& path : outcomes.sockets) {
    auto socket = make_listener(path, *group, SocketKind::datagram);
    if (!socket) {
      return Failure(socket.error());
    }
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

}  // namespace mta_sts::resolver
