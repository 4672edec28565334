// Parser of the ClientHello at the start of a TLS connection, to find the requested name. The reader does not consume
// the bytes: the caller forwards them unchanged or passes the connection to TLS.
//
//     ClientHelloReader reader;                        // one for each connection
//     for (;;) {
//         received += what the socket gave;            // everything since the first byte
//         switch (reader.examine(received)) {
//             case Status::more: continue;             // the caller has the deadline
//             case Status::complete: route(reader.hello().server_name);
//             case Status::not_tls: ...                // foreign() guesses what it is
//             case Status::malformed: ...              // error() says why, for the log
//         }
//     }
//
// The result is the same however the bytes arrive, one at a time or all at once. The reader strictly validates records,
// the framing of the message and of every extension, the name and the list of protocols. It ignores what only the
// backend needs (versions, suites, keys).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ferrotunnel::net {

/// The only protocol (ALPN) of a CA that checks a host by TLS-ALPN-01 (RFC 8737).
inline constexpr std::string_view acme_tls_protocol = "acme-tls/1";

struct ClientHello {
    std::string server_name;             // in the form of host_name.hpp; empty if none was sent
    std::vector<std::string> protocols;  // ALPN, in the visitor's order; empty if none were offered

    /// Whether a CA has sent it, to check the host: visitors never offer just this protocol.
    bool is_from_ca() const noexcept { return protocols.size() == 1 && protocols.front() == acme_tls_protocol; }

    friend bool operator==(const ClientHello&, const ClientHello&) = default;
};

/// Reads the value of a server_name extension (RFC 6066): exactly one name, which must be a host name. The error is
/// worded to follow "the server name".
Result<std::string, const char*> read_server_name(Bytes extension);

/// Whether this value of an ALPN extension (RFC 7301) is a CA's, as ClientHello::is_from_ca(). Allocates nothing.
bool is_ca_extension(Bytes extension) noexcept;

class ClientHelloReader {
public:
    enum class Status : std::uint8_t {
        more,       // too few bytes to decide
        complete,   // hello() is available
        not_tls,    // the first bytes are not TLS
        malformed,  // TLS, but broken, or larger than limits::client_hello_bytes_max
    };
    /// The protocol that was spoken where TLS was expected.
    enum class Foreign : std::uint8_t { unknown, http, proxy_protocol };

    /// Checks the received bytes. `received` begins with the connection's first byte and never gets shorter. After a
    /// result other than `more` the bytes are not read again. The cost depends only on the new bytes.
    Status examine(Bytes received);

    const ClientHello& hello() const noexcept { return hello_; }
    Foreign foreign() const noexcept { return foreign_; }
    /// The reason, which never contains bytes of the peer.
    const std::string& error() const noexcept { return error_; }

private:
    Status judge(Bytes received);
    Status judge_foreign(Bytes received);
    Status judge_record(Bytes received, bool& whole);
    Status judge_message_head(Bytes fragment, std::size_t record_bytes);
    Status judge_message(Bytes received);
    Status fail(std::string why);

    Status status_ = Status::more;
    Foreign foreign_ = Foreign::unknown;
    std::size_t record_at_ = 0;      // where the first incomplete record begins
    std::size_t seen_ = 0;           // bytes of the message in the records before that one
    std::size_t message_bytes_ = 0;  // with its head of 4 bytes; 0 while it is not known
    std::uint8_t head_[4] = {};
    ClientHello hello_;
    std::string error_;
};

}  // namespace ferrotunnel::net
