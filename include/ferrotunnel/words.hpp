// Words that settings accept in place of an address, a path or a URL, spelled as in configuration files.
//
//    builder.control(ferrotunnel::words::default_place).dashboard(ferrotunnel::words::off);
#pragma once

namespace ferrotunnel::words {

/// None: no listener, socket, file or proxy.
inline constexpr const char* off = "off";
/// The usual place, which the setting names: the control socket, the address for metrics, the dashboard.
inline constexpr const char* default_place = "default";
/// Client::Builder::proxy: the proxy that the environment variables name.
inline constexpr const char* environment = "env";
/// Client::Builder::tls_ca: the CAs that the system trusts.
inline constexpr const char* system_cas = "system";

}  // namespace ferrotunnel::words
