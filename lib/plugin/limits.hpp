// The limits of where and when plugins run, of what their hooks may cost, and of what they may say, each with its
// reason. Bounds that other rooms need as well are in base/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"

namespace ferrotunnel::limits {

/// Hosts, paths or services that one instance is for: they are compared one after the other.
inline constexpr std::size_t plugin_scope_max = 64;
/// Regular expressions among the paths of one instance, each of which may have to be matched with every reading.
inline constexpr std::size_t plugin_scope_regexes_max = 8;
/// Request fields that a chain takes from visitors, since its plugins write them. They find room among the edits that
/// the edge has for itself, of which it takes ten.
inline constexpr std::size_t plugin_identity_max = 24;
static_assert(10 + plugin_identity_max + plugin_edits_max + http_header_rules_max <=
              http_edits_max - plugin_body_edits / 2);

/// Instances of one server, those of chains with which exchanges still continue included: 16 full chains. Beyond it the
/// chain is not changed, until exchanges have ended.
inline constexpr std::size_t plugin_instances_living_max = 1'024;

/// Places of a chain that are kept for the plugins of a service's client: as many as it may ask for
/// (service_plugins_max of the protocol). The operator's own have the others.
inline constexpr std::size_t plugin_places_of_clients = 8;
inline constexpr std::size_t plugin_instances_of_operator_max = plugin_instances_max - plugin_places_of_clients;
/// Instances that the clients of one token have asked for, and those of all. Each takes some 100 KiB at most, besides
/// what it knows of visitors.
inline constexpr std::size_t plugin_asked_per_token_max = 512;
inline constexpr std::size_t plugin_asked_max = 2'048;
/// Services whose plugins wait to be made, which takes a millisecond each.
inline constexpr std::size_t plugin_asked_queue_max = 1'024;

/// A hook that blocks its worker for so long is named in the log: visitors notice a tenth of a second.
inline constexpr std::chrono::milliseconds plugin_hook_slow{100};
/// So many slow hooks of one instance within that time, and it is switched off: one bad moment (a page fault on a slow
/// disk) does not open a guard or close a service.
inline constexpr std::size_t plugin_hooks_slow_max = 5;
inline constexpr std::chrono::minutes plugin_hooks_slow_within{1};
/// How old the reading of a thread's waiting for a processor may be when a hook begins. It is what a verdict can err
/// by, and bounds the readings to 100 a second on each thread.
inline constexpr std::chrono::milliseconds plugin_hook_reading_age{10};

/// How far an operator may raise the bounds of what waits (PluginLimits): as many as there are visitors of a large
/// server, as long as a person takes to answer, and bodies as large as a large machine has room for. What the heads of
/// those who wait take stays as it is.
inline constexpr std::uint64_t plugin_waiting_settable_max = 65'536;
inline constexpr std::chrono::minutes plugin_wait_settable_max{5};
inline constexpr std::uint64_t plugin_collected_settable_max = 4'096_MiB;

/// What a plugin says to the user of a client that it refuses: a line.
inline constexpr std::size_t plugin_words_max = 200;
/// Bytes of the reason for a failure of a plugin, such as what() of an exception, that the log has.
inline constexpr std::size_t plugin_reason_max = 512;
/// Hosts that a plugin may give a service.
inline constexpr std::size_t plugin_hosts_max = 16;

}  // namespace ferrotunnel::limits
