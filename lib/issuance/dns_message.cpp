#include "issuance/dns_message.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "issuance/limits.hpp"
#include "net/ip_address.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t label_max = 63;
constexpr std::size_t dns_name_max = 253;
constexpr std::uint8_t rcode_none = 3;  // NXDOMAIN
// An OPT record: its root name, type 41, 1,232 bytes, and no flags or options.
constexpr std::string_view opt_record("\0\0\x29\x04\xD0\0\0\0\0\0\0", 11);

// Reads a message from front to back; is_valid() is false after anything that exceeds it.
class DnsCursor {
public:
    explicit DnsCursor(Bytes message) : left_(message) {}

    bool is_valid() const noexcept { return is_valid_; }
    Bytes take(std::size_t size) noexcept {
        if (size > left_.size()) {
            is_valid_ = false;
            left_ = {};
            return {};
        }
        const Bytes taken = left_.subspan(0, size);
        left_ = left_.subspan(size);
        return taken;
    }
    std::uint16_t number() noexcept {
        const Bytes two = take(2);
        return two.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(two[0] << 8 | two[1]);
    }
    // A name ends with an empty label, or with a pointer to another one, which nobody here follows.
    void skip_name() noexcept {
        while (is_valid_) {
            const Bytes first = take(1);
            if (first.empty() || first[0] == 0) {
                return;
            }
            if ((first[0] & 0xC0U) == 0xC0U) {
                take(1);
                return;
            }
            take(first[0]);
        }
    }

private:
    Bytes left_;
    bool is_valid_ = true;
};

// The strings of one record are one text (RFC 7208, 3.3).
std::string joined_text(Bytes data) {
    std::string text;
    DnsCursor cursor(data);
    for (Bytes length = cursor.take(1); !length.empty(); length = cursor.take(1)) {
        const Bytes part = cursor.take(length[0]);
        text.append(reinterpret_cast<const char*>(part.data()), part.size());
    }
    return text;
}

void append_dns_number(std::string& to, unsigned number) {
    to += static_cast<char>(number >> 8U & 0xFFU);
    to += static_cast<char>(number & 0xFFU);
}

std::string address_of(Bytes data) {
    net::Address address;
    address.family = data.size() == 4 ? 4 : data.size() == 16 ? 6 : 0;
    std::copy_n(data.begin(), address.size(), address.bytes.begin());
    return net::ip_text(address);
}

// The records after the question.
DnsReply read_records(DnsCursor cursor, std::size_t answers, DnsType type) {
    DnsReply reply;
    for (std::size_t i = 0; i < answers && cursor.is_valid() && reply.values.size() < limits::dns_records_max; ++i) {
        cursor.skip_name();
        const std::uint16_t of_type = cursor.number();
        cursor.take(6);  // class and lifetime
        const Bytes data = cursor.take(cursor.number());
        if (cursor.is_valid() && of_type == static_cast<std::uint16_t>(type)) {
            std::string value = type == DnsType::txt ? joined_text(data) : address_of(data);
            if (!value.empty()) {
                reply.values.push_back(std::move(value));
            }
        }
    }
    reply.kind = cursor.is_valid() ? DnsReply::Kind::complete : DnsReply::Kind::malformed;
    return reply;
}

}  // namespace

std::string make_dns_query(std::string_view name, DnsType type, std::uint16_t number) {
    if (name.empty() || name.size() > dns_name_max) {
        return {};
    }
    std::string query;
    append_dns_number(query, number);
    query += std::string_view("\x01\0\0\x01\0\0\0\0\0\x01", 10);  // recursion is desired; one question, one OPT
    while (!name.empty()) {
        const std::string_view label = name.substr(0, name.find('.'));
        if (label.empty() || label.size() > label_max) {
            return {};
        }
        query += static_cast<char>(label.size());
        query += label;
        name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    query += '\0';
    append_dns_number(query, static_cast<unsigned>(type));
    append_dns_number(query, 1);  // class IN
    query += opt_record;
    return query;
}

DnsReply read_dns_reply(Bytes message, std::string_view query, DnsType type) {
    const std::string_view question = query.substr(header_size, query.size() - header_size - opt_record.size());
    const std::string_view text(reinterpret_cast<const char*>(message.data()), message.size());
    if (message.size() < header_size || text.substr(0, 2) != query.substr(0, 2) || (message[2] & 0x80U) == 0) {
        return {};
    }
    const std::uint8_t rcode = message[3] & 0x0FU;
    if (rcode != 0 && rcode != rcode_none) {
        return {DnsReply::Kind::failed, {}, rcode};
    }
    if (text.substr(header_size, question.size()) != question) {
        return {};
    }
    if ((message[2] & 0x02U) != 0) {
        return {DnsReply::Kind::cut, {}};
    }
    const std::size_t answers = static_cast<std::size_t>(message[6] << 8 | message[7]);
    DnsCursor cursor(message);
    cursor.take(header_size + question.size());
    return read_records(cursor, answers, type);
}

}  // namespace ferrotunnel::issuance
