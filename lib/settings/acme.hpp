// The settings of certificates from a CA: their rows, reader and check.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "acme/challenge.hpp"
#include "ferrotunnel/acme.hpp"
#include "ferrotunnel/error.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

class SectionReader;
struct ConfigReading;
struct ServerSettings;
struct ServerValues;

/// CAs in a list: further ones are only used if all before them are down.
inline constexpr std::size_t acme_directories_max = 8;
/// Names in the list; hosts of clients do not count.
inline constexpr std::size_t acme_names_max = 1'000;
/// The program and the arguments of `dns_command` together.
inline constexpr std::size_t acme_command_words_max = 64;
/// An e-mail address (RFC 5321, 4.5.3.1.3: a path of 256 has two angle brackets).
inline constexpr std::size_t acme_email_max = 254;
inline constexpr std::size_t acme_profile_max = 64;
/// Both parts of an external account.
inline constexpr std::size_t acme_external_max = 512;
/// Orders of a token in 24 hours. CAs stop far below this.
inline constexpr std::uint64_t acme_orders_settable_max = 10'000;
/// One call of `dns_command`: some providers' APIs take minutes.
inline constexpr std::chrono::milliseconds acme_command_time_min{1'000};
inline constexpr std::chrono::milliseconds acme_command_time_max{3'600'000};

/// A row for each setting of ACME.
std::span<const Setting<Acme>> acme_settings() noexcept;

/// Reads whether there is a section `acme`, and its keys that are no plain values.
void read_acme_sections(SectionReader& reader, ServerValues& settings, ConfigReading& reading);

/// Appends all problems, and brings addresses into normal form. Reads no file, but checks that those exist.
void check_acme(ServerSettings& settings, std::vector<Problem>& problems);

/// What is wrong with one of `ways`; nullopt if it is valid.
std::optional<std::string> way_fault(const std::string& way);

/// The ways that are listed and that these settings permit: http-01 needs http_bind, dns-01 `dns_command`.
std::vector<acme::Way> possible_ways(const ServerValues& settings);

}  // namespace ferrotunnel::detail
