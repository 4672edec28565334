// Settings of a client: their values, rows, reader and check.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "config/reader.hpp"
#include "exits/destinations.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/visit.hpp"
#include "inspect/limits.hpp"
#include "net/proxy.hpp"
#include "settings/common.hpp"
#include "settings/secret.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct ClientPart;
struct ConfigReading;

inline constexpr std::string_view proxy_by_environment = "env";
inline constexpr std::string_view no_proxy = "off";

struct ClientValues : CommonValues {
    std::vector<std::string> servers;  // addresses; checked: one in each item
    std::string name;
    std::map<std::string, std::string> metadata;            // for the server's operator
    std::string proxy = std::string(proxy_by_environment);  // a URL, `env` or `off`
    CopyableSecret token;
    std::string tls_ca;   // a PEM file, "system", or empty
    std::string tls_pin;  // "sha256:..." or empty
    Trust tls_trust;      // instead of these two
    std::uint64_t attempts = 0;
    std::optional<std::chrono::milliseconds> retry_refused;  // empty: the program decides; the library gives up
    std::optional<std::uint64_t> connections;                // the number of trunks to each server
    std::uint64_t redundancy = 2;                            // servers of a cluster to be connected to
    std::string identity;                                    // shared with its successor; empty: none
    bool replace = false;                                    // replaces the client of its identity
    std::chrono::milliseconds linger{0};                     // for the program
    std::vector<std::string> managed;                        // backends that the server's administrator may use
    bool inspect = false;
    std::uint64_t inspect_memory = limits::inspect_memory_default;
    std::uint64_t inspect_body = limits::inspect_body_default;
    std::vector<std::string> inspect_mask;  // words in addition to the usual ones, or only mask_off
    std::vector<Visit> visits;

    friend bool operator==(const ClientValues&, const ClientValues&) = default;
};

/// A row for each setting of a client.
std::span<const Setting<ClientValues>> client_settings() noexcept;
/// The keys of a client's section that have no row.
std::span<const SettingFacts> client_section_keys() noexcept;

/// Reads a client's section.
ClientPart read_client(config::Section section, ConfigReading& reading);

/// The type of `metadata` in documentation.
inline constexpr std::string_view client_metadata_type = "map of keys to texts";

/// What is wrong with an identity; nullopt if it is valid.
std::optional<std::string> identity_fault(const std::string& text);

/// The only word of `inspect_mask` that disables masking.
inline constexpr std::string_view mask_off = "off";
/// What is wrong with a word of `inspect_mask`; nullopt if it is valid.
std::optional<std::string> mask_fault(const std::string& word);
/// Appends the problems of the list.
void check_mask(const std::vector<std::string>& words, std::vector<Problem>& problems);

/// What is wrong with an item of `managed`, worded to follow the item; nullopt if it is an address or network with
/// ports.
std::optional<std::string> managed_target_fault(const std::string& item);

/// Parses valid items of `managed`.
exits::Destinations managed_targets(const std::vector<std::string>& items);

/// The configured servers at most: as many as a cluster has members.
inline constexpr std::size_t servers_max = 16;
/// The addresses in the items of `server`, each of which may have several, separated by commas.
std::vector<std::string> listed_servers(const std::vector<std::string>& items);

/// The proxy for each server. If the setting is `env`, the environment is read when this is made.
class ProxyChoice {
public:
    explicit ProxyChoice(const ClientValues& settings);

    /// Nothing if no proxy is used. The error describes what is wrong with the setting or variable without repeating
    /// its value.
    Result<std::optional<net::Proxy>, std::string> for_server(const net::HostPort& server) const;

private:
    std::string url_;       // or `off`
    std::string variable_;  // that has the URL; empty: the setting has it
    std::string exempt_;    // servers without a proxy, as in NO_PROXY
};

/// The same for one server.
Result<std::optional<net::Proxy>, std::string> proxy_of(const ClientValues& settings, const net::HostPort& server);

}  // namespace ferrotunnel::detail
