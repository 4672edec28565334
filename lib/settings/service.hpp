// Services of a client: their names, keys, reader and check, and the registered form of those with hosts. What a kind
// of service has of its own is in service_ports.cpp and service_hosts.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "ferrotunnel/udp.hpp"
#include "settings/setting.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

struct ClientPart;
struct ConfigReading;

/// The text in messages after a name that is_name() rejects.
inline constexpr const char* name_expected = "expected a name of up to 64 letters, digits and \"._-:/[]*\"";

bool is_name(std::string_view text);
/// Appends a problem with the key "name" if the name is not valid.
void check_name(const std::string& name, std::vector<Problem>& problems);

/// The default name of a service; is_name() always accepts it. A name that had to be cut or changed ends with a
/// checksum of the whole text, so that different services have different names.
std::string default_name(const Tcp& service);
std::string default_name(const Http& service);
std::string default_name(const Tls& service);
std::string default_name(const Udp& service);

/// The keys of a service, with those of its group, health check, backend, exit and rules.
std::span<const SettingFacts> service_keys() noexcept;
std::span<const SettingFacts> disabled_service_keys() noexcept;

/// Reads the services of a client. `server`: the server section of the same file, if there is one.
void read_services(const config::Value& list, ConfigReading& reading, ClientPart& part);
/// Maximum size of `by`, the user who disabled a service.
inline constexpr std::size_t disabled_by_max = 256;
/// Disables services that were read.
void read_disabled_services(const config::Value& list, ClientPart& part);

/// Appends the problems of one service of a client, fills in defaults, and sets its default name. `application_serves`:
/// through async_listen, so that `local` is not needed. The caller must check that the name is unique.
void check_service(Tcp& service, bool application_serves, std::vector<Problem>& problems);
void check_service(Http& service, bool application_serves, std::vector<Problem>& problems);
void check_service(Tls& service, bool application_serves, std::vector<Problem>& problems);
void check_service(Udp& service, bool application_serves, std::vector<Problem>& problems);

/// The registered form of the service.
wire::HttpPart http_part(const Http& service);
wire::TlsPart tls_part(const Tls& service);

}  // namespace ferrotunnel::detail
