// Visits to private services of other clients: their keys, their reader and their check.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/visit.hpp"
#include "runtime/address.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct ConfigReading;

/// Maximum number of visits of one client, each with a listener. A person's machine has a few, a gateway some dozens.
inline constexpr std::size_t visits_max = 256;

/// The keys of a visit.
std::span<const SettingFacts> visit_keys() noexcept;

/// Reads the key of a private service or of a visit to one. False if it is invalid, which was reported.
bool read_visit_key(const config::Value& value, ConfigReading& reading, VisitKey& into);

/// Reads the visits of a client.
void read_visits(const config::Value& list, ConfigReading& reading, std::vector<Visit>& visits);

/// The listen address of a visit: "5432", ":5432" (on this machine only), "127.0.0.1:5432". Empty if it is invalid.
std::optional<runtime::SocketAddress> listen_address_of_visit(const std::string& local);

/// Appends the problems of a visit, with the keys "service", "local" and "key".
void check_visit(const Visit& visit, std::vector<Problem>& problems);

/// Whether both would listen at the same address, which is not possible.
bool listens_at_same_address(const Visit& a, const Visit& b);

/// Appends the problems of a client's visits, with the key "visits".
void check_visits(const std::vector<Visit>& visits, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
