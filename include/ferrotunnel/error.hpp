// Error codes of the category "ferrotunnel", and problems of a configuration.
//
// Besides these codes, operations on streams report the codes that Asio's sockets report in the same situation:
// asio::error::eof, connection_reset, operation_aborted, broken_pipe, bad_descriptor, already_started.
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel {

/// The library's error codes. Each also equals the std::errc in brackets: `ec == std::errc::timed_out`.
enum class errc {
    session_closed = 1,  ///< the Client or Server of this object was stopped or destroyed [not_connected]
    connection_lost,     ///< the tunnel connection between client and server broke [connection_reset]
    stream_reset,        ///< the other side reset this stream [connection_reset]
    refused,             ///< the backend refused the connection [connection_refused]
    timed_out,           ///< no answer in time; from stop(): streams were cut [timed_out]
    unknown_service,     ///< no such service, or its client is not connected [host_unreachable]
    busy,                ///< a limit is reached; trying later may work [resource_unavailable_try_again]
    unauthorized,        ///< the token is wrong or unknown to the other side [permission_denied]
    superseded,          ///< another client has replaced this one [connection_aborted]
    protocol_violation,  ///< the other side violated the protocol [protocol_error]
    port_taken,          ///< the public port belongs to another client or program [address_in_use]
    port_forbidden,      ///< the server does not allow this token to use that port [permission_denied]
    name_taken,          ///< another client holds the name [address_in_use]
    unsupported,         ///< the other side does not have this kind of service or feature [not_supported]
    would_deadlock,      ///< a blocking call on a thread that the call would wait for [resource_deadlock_would_occur]
    not_running,         ///< start() was not called, or the object is empty [not_connected]
    already_running,     ///< start() was called before [already_connected]
    tls_failed,          ///< the TLS handshake failed, or the certificate is not the expected one [protocol_error]
    tls_mismatch,        ///< one side uses TLS and the other does not [protocol_error]
    version_mismatch,    ///< client and server have no protocol version in common [protocol_not_supported]
    draining,            ///< the other side is shutting down and accepts nothing new [connection_aborted]
    invalid_argument,    ///< an invalid value [invalid_argument]
    server_unreachable,  ///< no connection to the server could be made [host_unreachable]
    internal,            ///< a bug on this or the other side [state_not_recoverable]
    forbidden,           ///< the token has no right to this host or kind of service, or a plugin of the server
                         ///< refuses the login or the service [permission_denied]
    trunk_lost [[deprecated("use connection_lost")]] = connection_lost,
};

/// Returns the category "ferrotunnel": one object for the process, also with the shared library.
FERROTUNNEL_EXPORT const std::error_category& ferrotunnel_category() noexcept;

inline std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), ferrotunnel_category()};
}

/// One thing that is wrong with a configuration.
struct Problem {
    std::string key;      ///< the builder's name of the setting ("server", "token", "tls_ca"), or the service's name;
                          ///< for a setting from a file, the path of its key there: "client.services[0].local"
    std::string text;     ///< what is wrong and what was expected; never contains a secret
    std::string file{};   ///< where it is written, if that is a configuration file (see config.hpp)
    unsigned line = 0;    ///< from 1; 0 if the problem has no line
    unsigned column = 0;  ///< in characters, from 1
};

/// Returns the problem as text: "ferrotunnel.yml:3:5: server.bind: ..." or "bind: ...".
FERROTUNNEL_EXPORT std::string to_text(const Problem& problem);

/// Thrown by `build()`, with all problems. `what()` has one line for each problem.
class FERROTUNNEL_EXPORT config_error : public std::runtime_error {
public:
    explicit config_error(std::vector<Problem> problems);
    config_error(const config_error&) = default;
    config_error& operator=(const config_error&) = default;
    ~config_error() override;

    const std::vector<Problem>& problems() const noexcept { return problems_; }

private:
    std::vector<Problem> problems_;
};

}  // namespace ferrotunnel

template <>
struct std::is_error_code_enum<ferrotunnel::errc> : std::true_type {};
