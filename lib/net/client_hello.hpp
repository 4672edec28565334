// Reads the ClientHello with which a TLS connection begins, to know the name that it asks for. It only looks: the bytes
// stay the caller's, who relays them untouched or hands the connection to TLS.
//
//     ClientHelloReader reader;                        // one for each connection
//     for (;;) {
//         received += what the socket gave;            // everything since the first byte
//         switch (reader.look(received)) {
//             case Status::more: continue;             // the caller has the deadline
//             case Status::complete: route(reader.hello().server_name);
//             case Status::not_tls: ...                // foreign() has a guess what it is
//             case Status::malformed: ...              // error() says why, for the log
//         }
//     }
//
// However the bytes come, one at a time or all at once, the verdict is the same. It is strict where it reads: records,
// the framing of the message and of every extension, the name and the list of protocols. What the backend alone needs
// to understand (versions, suites, keys) is not judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ferrotunnel::net {

struct ClientHello {
    std::string server_name;             // in the form of host_name.hpp; empty: none was sent
    std::vector<std::string> protocols;  // ALPN, in the visitor's order; empty: none were offered

    friend bool operator==(const ClientHello&, const ClientHello&) = default;
};

/// The value of a server_name extension (RFC 6066): exactly one name, and a host name. The error is in words that may
/// follow "the server name".
Result<std::string, const char*> read_server_name(Bytes extension);

class ClientHelloReader {
public:
    enum class Status : std::uint8_t {
        more,       // too few bytes to tell
        complete,   // hello() is there
        not_tls,    // the first bytes are no TLS
        malformed,  // TLS, but broken, or larger than limits::client_hello_bytes_max
    };
    /// What speaks where TLS was expected.
    enum class Foreign : std::uint8_t { unknown, http, proxy_protocol };

    /// `received` begins with the connection's first byte and never gets shorter. After a verdict other than `more` the
    /// bytes are not looked at again. Costs what is new, not what is there.
    Status look(Bytes received);

    const ClientHello& hello() const noexcept { return hello_; }
    Foreign foreign() const noexcept { return foreign_; }
    /// Words of ours with numbers, never bytes of the peer's.
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
    std::size_t record_at_ = 0;      // where the record that is not complete yet begins
    std::size_t seen_ = 0;           // bytes of the message in the records before it
    std::size_t message_bytes_ = 0;  // with its head of 4; 0 while that is not known
    std::uint8_t head_[4] = {};
    ClientHello hello_;
    std::string error_;
};

}  // namespace ferrotunnel::net
