#include "net/client_hello.hpp"

#include <algorithm>
#include <bitset>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "net/host_name.hpp"

namespace ferrotunnel::net {

namespace {

// See RFC 8446, sections 4 and 5.1.
constexpr std::uint8_t handshake_record = 22;
constexpr std::uint8_t version_major = 3;  // the major version of everything since SSL 3
constexpr std::size_t record_head_bytes = 5;
constexpr std::size_t record_payload_max = 1 << 14;
constexpr std::uint8_t client_hello_type = 1;
constexpr std::size_t message_head_bytes = 4;
constexpr std::size_t session_id_max = 32;
constexpr std::uint16_t extension_server_name = 0;
constexpr std::uint16_t extension_alpn = 16;

static_assert(limits::client_hello_protocols_max == 64, "a text below says so");

// Another protocol may begin with a word in capitals: a method and a space. The longest registered method,
// UPDATEREDIRECTREF, has 17 letters.
constexpr std::size_t word_max = 17;
constexpr std::string_view proxy_word = "PROXY";
constexpr std::string_view proxy_signature("\r\n\r\n\0\r\nQUIT\n", 12);

// Removes fields from the front. A missing field sets `broken`, and everything after it is empty.
class Fields {
public:
    explicit Fields(Bytes bytes) : left_(bytes) {}

    bool broken() const noexcept { return broken_; }
    bool empty() const noexcept { return left_.empty(); }
    /// True if every field was present and no bytes are left.
    bool exact() const noexcept { return !broken_ && left_.empty(); }

    Bytes take(std::size_t count) noexcept {
        if (count > left_.size()) {
            broken_ = true;
            left_ = {};
            return {};
        }
        Bytes front = left_.first(count);
        left_ = left_.subspan(count);
        return front;
    }
    template <std::size_t N>
    std::size_t number() noexcept {
        Bytes raw = take(N);
        return raw.empty() ? 0 : static_cast<std::size_t>(load_be<N>(raw.data()));
    }
    /// Removes a length of N bytes and then as many bytes.
    template <std::size_t N>
    Bytes counted() noexcept {
        return take(number<N>());
    }

private:
    Bytes left_;
    bool broken_ = false;
};

// Reads the value of an ALPN extension (RFC 7301).
Result<std::vector<std::string>, const char*> read_protocols(Bytes extension) {
    Fields outer(extension);
    Fields list(outer.counted<2>());
    if (!outer.exact() || list.empty()) {
        return "the list of protocols (ALPN) is empty, or its lengths disagree";
    }
    std::vector<std::string> protocols;
    while (!list.empty()) {
        Bytes name = list.counted<1>();
        if (list.broken() || name.empty()) {
            return "a name in the list of protocols (ALPN) is empty, or its lengths disagree";
        }
        if (protocols.size() == limits::client_hello_protocols_max) {
            return "there are more than 64 protocols (ALPN)";
        }
        protocols.emplace_back(as_text(name));
    }
    return protocols;
}

// Reads the extensions. Returns the error, or an empty text.
std::string read_extensions(Fields all, ClientHello& hello) {
    std::bitset<1 << 16> seen;
    while (!all.empty()) {
        auto type = static_cast<std::uint16_t>(all.number<2>());
        Bytes value = all.counted<2>();
        if (all.broken()) {
            return "the lengths of its extensions disagree";
        }
        if (seen.test(type)) {
            return "extension " + std::to_string(type) + " occurs twice";
        }
        seen.set(type);
        if (type == extension_server_name) {
            auto name = read_server_name(value);
            if (!name) {
                return std::string("the server name ") + name.error();
            }
            hello.server_name = std::move(*name);
        } else if (type == extension_alpn) {
            auto protocols = read_protocols(value);
            if (!protocols) {
                return protocols.error();
            }
            hello.protocols = std::move(*protocols);
        }
    }
    return {};
}

// Reads the message without its head. Returns the error, or an empty text.
std::string read_hello(Bytes body, ClientHello& hello) {
    Fields fields(body);
    Bytes version = fields.take(2);
    fields.take(32);  // random
    Bytes session_id = fields.counted<1>();
    Bytes suites = fields.counted<2>();
    Bytes compressions = fields.counted<1>();
    if (fields.broken()) {
        return "it is shorter than its own lengths say";
    }
    if (version[0] != version_major) {
        return "its version is not a TLS version";
    }
    if (session_id.size() > session_id_max) {
        return "its session id is longer than 32 bytes";
    }
    if (suites.empty() || suites.size() % 2 != 0) {
        return "its list of cipher suites is empty, or has half a suite";
    }
    if (std::find(compressions.begin(), compressions.end(), 0) == compressions.end()) {
        return "it does not offer the null compression method";
    }
    if (fields.empty()) {
        return {};  // up to TLS 1.2, extensions may be missing (RFC 5246, 7.4.1.2)
    }
    Bytes extensions = fields.counted<2>();
    if (!fields.exact()) {
        return "the lengths of its extensions disagree";
    }
    return read_extensions(Fields(extensions), hello);
}

bool is_capital(std::uint8_t byte) noexcept {
    return (byte >= 'A' && byte <= 'Z') || byte == '-';
}

}  // namespace

Result<std::string, const char*> read_server_name(Bytes extension) {
    Fields outer(extension);
    Fields list(outer.counted<2>());
    if (!outer.exact() || list.empty()) {
        return "is in a list that is empty, or whose lengths disagree";
    }
    std::size_t type = list.number<1>();
    Bytes name = list.counted<2>();
    if (list.broken()) {
        return "is shorter than its length says";
    }
    if (type != 0) {
        return "is not of the type host name";
    }
    if (!list.empty()) {
        return "is not the only one";
    }
    auto normal = normal_host_name(as_text(name));
    if (!normal) {
        return normal.error();
    }
    return std::move(*normal);
}

bool is_ca_extension(Bytes extension) noexcept {
    constexpr std::size_t lengths = 3;  // of the list, and of its only name
    return extension.size() == lengths + acme_tls_protocol.size() && extension[0] == 0 &&
           extension[1] == 1 + acme_tls_protocol.size() && extension[2] == acme_tls_protocol.size() &&
           as_text(extension.subspan(lengths)) == acme_tls_protocol;
}

ClientHelloReader::Status ClientHelloReader::examine(Bytes received) {
    if (status_ == Status::more) {
        status_ = judge(received);
    }
    return status_;
}

ClientHelloReader::Status ClientHelloReader::fail(std::string why) {
    error_ = std::move(why);
    return Status::malformed;
}

ClientHelloReader::Status ClientHelloReader::judge(Bytes received) {
    if (received.empty()) {
        return Status::more;
    }
    if (received[0] != handshake_record) {
        return judge_foreign(received);
    }
    if (received.size() > 1 && received[1] != version_major) {
        return Status::not_tls;
    }
    for (;;) {
        bool whole = false;
        Status status = judge_record(received, whole);
        if (status != Status::more || !whole) {
            return status;
        }
        if (seen_ == message_bytes_) {
            return judge_message(received);
        }
    }
}

// Guesses the foreign protocol. Each decision is made at one particular byte, so that the result does not depend on how
// the bytes arrive.
ClientHelloReader::Status ClientHelloReader::judge_foreign(Bytes received) {
    if (received[0] == '\r') {
        std::string_view start = as_text(received.first(std::min(received.size(), proxy_signature.size())));
        if (!proxy_signature.starts_with(start)) {
            return Status::not_tls;
        }
        if (start.size() < proxy_signature.size()) {
            return Status::more;
        }
        foreign_ = Foreign::proxy_protocol;
        return Status::not_tls;
    }
    std::size_t letters = 0;
    while (letters < received.size() && letters <= word_max && is_capital(received[letters])) {
        ++letters;
    }
    if (letters == 0 || letters > word_max) {
        return Status::not_tls;
    }
    if (letters == received.size()) {
        return Status::more;
    }
    if (received[letters] == ' ') {
        foreign_ = as_text(received.first(letters)) == proxy_word ? Foreign::proxy_protocol : Foreign::http;
    }
    return Status::not_tls;
}

// Checks the record at record_at_. Sets `whole` if it is complete and was counted.
ClientHelloReader::Status ClientHelloReader::judge_record(Bytes received, bool& whole) {
    Bytes record = received.subspan(record_at_);
    if (record.size() < record_head_bytes) {
        return Status::more;
    }
    auto payload_bytes = static_cast<std::size_t>(load_be<2>(record.data() + 3));
    if (record[0] != handshake_record || record[1] != version_major) {
        return fail("a record of another kind is inside the ClientHello");
    }
    if (payload_bytes == 0 || payload_bytes > record_payload_max) {
        return fail("a record of " + std::to_string(payload_bytes) + " bytes");
    }
    Bytes fragment = record.subspan(record_head_bytes);
    fragment = fragment.first(std::min(fragment.size(), payload_bytes));
    if (Status status = judge_message_head(fragment, payload_bytes); status != Status::more) {
        return status;
    }
    if (fragment.size() == payload_bytes) {
        seen_ += payload_bytes;
        record_at_ += record_head_bytes + payload_bytes;
        whole = true;
    }
    return Status::more;
}

// Reads as much of the message's head as this fragment has, then checks the record against the length in it.
ClientHelloReader::Status ClientHelloReader::judge_message_head(Bytes fragment, std::size_t record_bytes) {
    for (std::size_t i = seen_; i < message_head_bytes && i - seen_ < fragment.size(); ++i) {
        head_[i] = fragment[i - seen_];
        if (i == 0 && head_[0] != client_hello_type) {
            return fail("the first handshake message is not a ClientHello");
        }
        if (i + 1 == message_head_bytes) {
            message_bytes_ = message_head_bytes + static_cast<std::size_t>(load_be<3>(head_ + 1));
        }
    }
    if (message_bytes_ == 0) {
        return Status::more;
    }
    if (seen_ + record_bytes > message_bytes_) {
        return fail("its record has more data after it");
    }
    if (record_at_ + record_head_bytes + record_bytes + (message_bytes_ - seen_ - record_bytes) >
        limits::client_hello_bytes_max) {
        return fail("it is larger than " + std::to_string(limits::client_hello_bytes_max) + " bytes");
    }
    return Status::more;
}

// Parses the complete message: usually in one record, otherwise its fragments are joined.
ClientHelloReader::Status ClientHelloReader::judge_message(Bytes received) {
    std::vector<std::uint8_t> together;
    Bytes message = received.subspan(record_head_bytes, message_bytes_);
    if (record_at_ != record_head_bytes + message_bytes_) {
        together.reserve(message_bytes_);
        for (std::size_t at = 0; at < record_at_;) {
            auto bytes = static_cast<std::size_t>(load_be<2>(received.data() + at + 3));
            Bytes fragment = received.subspan(at + record_head_bytes, bytes);
            together.insert(together.end(), fragment.begin(), fragment.end());
            at += record_head_bytes + bytes;
        }
        message = together;
    }
    std::string why = read_hello(message.subspan(message_head_bytes), hello_);
    if (!why.empty()) {
        hello_ = {};
        return fail(std::move(why));
    }
    return Status::complete;
}

}  // namespace ferrotunnel::net
