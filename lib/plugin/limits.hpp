// Limits of plugins: scopes, conditions, cost of hooks and texts, each with its reason. Limits that other layers need
// too are in base/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"

namespace ferrotunnel::limits {

/// Hosts, paths or services in an instance's scope: they are compared one after the other.
inline constexpr std::size_t plugin_scope_max = 64;
/// Regular expressions among the paths of one instance, each of which may have to match every reading.
inline constexpr std::size_t plugin_scope_regexes_max = 8;
/// Request fields that a chain removes from visitors' requests, since its plugins write them. They share the edits with
/// the edge, which uses ten.
inline constexpr std::size_t plugin_identity_max = 24;
static_assert(10 + plugin_identity_max + plugin_edits_max + http_header_rules_max <=
              http_edits_max - plugin_body_edits / 2);

/// Instances of one server, including those of earlier chains that exchanges still use: 16 full chains. Beyond it the
/// chain is not changed until exchanges have ended.
inline constexpr std::size_t plugin_instances_living_max = 1'024;

/// Places of a chain that are reserved for the plugins of a service's client: as many as it may request
/// (service_plugins_max of the protocol). The operator's own have the others.
inline constexpr std::size_t plugin_places_of_clients = 8;
inline constexpr std::size_t plugin_instances_of_operator_max = plugin_instances_max - plugin_places_of_clients;
/// Instances that the clients of one token have requested, and those of all. Each needs some 100 KiB at most, besides
/// its data about visitors.
inline constexpr std::size_t plugin_asked_per_token_max = 512;
inline constexpr std::size_t plugin_asked_max = 2'048;
/// Services whose plugins wait to be created, which takes a millisecond each.
inline constexpr std::size_t plugin_asked_queue_max = 1'024;

/// A hook that blocks its worker for this long is logged: visitors notice a tenth of a second.
inline constexpr std::chrono::milliseconds plugin_hook_slow{100};
/// An instance with this many slow hooks in plugin_hooks_slow_within is switched off: a single bad moment (a page fault
/// on a slow disk) does not open a guard or close a service.
inline constexpr std::size_t plugin_hooks_slow_max = 5;
inline constexpr std::chrono::minutes plugin_hooks_slow_within{1};
/// How old a thread's measured wait for a processor may be when a hook begins: an older one is measured again. So the
/// error is at most this long, and each thread measures at most 100 times a second.
inline constexpr std::chrono::milliseconds plugin_hook_reading_age{10};

/// A token may have this multiple of the free waits, and of the free bytes for heads. So a flood of one leaves a
/// quarter of what it floods to the others, floods of two a seventh, and the last place goes to a token that has few.
inline constexpr std::size_t plugin_waiting_share = 3;

/// How far an operator may raise the bounds of what waits (PluginLimits): as many as there are visitors of a large
/// server, as long as a person takes to answer, and bodies as large as a large machine has room for. The memory
/// for the heads of what waits cannot be raised.
inline constexpr std::uint64_t plugin_waiting_settable_max = 65'536;
inline constexpr std::chrono::minutes plugin_wait_settable_max{5};
inline constexpr std::uint64_t plugin_collected_settable_max = 4'096_MiB;

/// Bytes of a plugin's text to the user of a client that it refuses: one line.
inline constexpr std::size_t plugin_words_max = 200;
/// Logged bytes of the reason for a plugin's failure, such as what() of an exception.
inline constexpr std::size_t plugin_reason_max = 512;
/// Hosts that a plugin may assign to a service.
inline constexpr std::size_t plugin_hosts_max = 16;

}  // namespace ferrotunnel::limits
