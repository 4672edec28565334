// Names of services and clients: validation, and default names of services.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "ferrotunnel/udp.hpp"

namespace ferrotunnel::detail {

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

}  // namespace ferrotunnel::detail
