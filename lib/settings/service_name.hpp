// Names of services and clients: what they may consist of, and the name of a service that was given none.
#pragma once

#include <string>
#include <string_view>

#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "ferrotunnel/udp.hpp"

namespace ferrotunnel::detail {

/// What messages say behind a name that is_name() refuses.
inline constexpr const char* name_expected = "expected a name of up to 64 letters, digits and \"._-:/[]*\"";

bool is_name(std::string_view text);

/// The name of a service that was given none; is_name() always accepts it. A name that had to be cut or changed ends in
/// a checksum of the whole text, so that two services that differ have two names.
std::string default_name(const Tcp& service);
std::string default_name(const Http& service);
std::string default_name(const Tls& service);
std::string default_name(const Udp& service);

}  // namespace ferrotunnel::detail
