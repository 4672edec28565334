#include "issuance/dns_message.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr std::uint16_t query_number = 0x1234;
constexpr std::size_t opt_size = 11;

std::string two_bytes(std::size_t value) {
    return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xFFU)};
}

std::string record_of(DnsType type, const std::string& data) {
    return "\xC0\x0C" + two_bytes(static_cast<std::size_t>(type)) + two_bytes(1) + std::string(4, '\0') +
           two_bytes(data.size()) + data;
}

std::string reply_to(const std::string& query, std::size_t answers, const std::string& records,
                     const std::string& flags = "\x81\x80") {
    return query.substr(0, 2) + flags + two_bytes(1) + two_bytes(answers) + std::string(4, '\0') +
           query.substr(12, query.size() - 12 - opt_size) + records;
}

DnsReply read(const std::string& message, const std::string& query, DnsType type) {
    return read_dns_reply(as_bytes(message), query, type);
}

TEST_CASE("a query has the name, the type, and room for long answers", "[issuance]") {
    const std::string query = make_dns_query("a.example.test", DnsType::txt, query_number);
    CHECK(query.substr(0, 2) == "\x12\x34");
    CHECK(query.find(std::string("\1a\7example\4test\0\0\x10\0\1", 21)) == 12);
    CHECK(make_dns_query("", DnsType::a, query_number).empty());
    CHECK(make_dns_query("a..b", DnsType::a, query_number).empty());
    CHECK(make_dns_query(std::string(64, 'a') + ".test", DnsType::a, query_number).empty());
    CHECK_FALSE(make_dns_query(std::string(63, 'a') + ".test", DnsType::a, query_number).empty());
}

TEST_CASE("texts and addresses are read, and other records are skipped", "[issuance]") {
    const std::string query = make_dns_query("a.example.test", DnsType::txt, query_number);
    const std::string records = record_of(DnsType::a, "\x7F\x01\x01\x01") + record_of(DnsType::txt, "\3one\4 two") +
                                record_of(DnsType::txt, "\5three");
    const DnsReply texts = read(reply_to(query, 3, records), query, DnsType::txt);
    CHECK(texts.kind == DnsReply::Kind::complete);
    CHECK(texts.values == std::vector<std::string>{"one two", "three"});

    const std::string query4 = make_dns_query("a.example.test", DnsType::a, query_number);
    CHECK(read(reply_to(query4, 3, records), query4, DnsType::a).values == std::vector<std::string>{"127.1.1.1"});
    const std::string query6 = make_dns_query("a.example.test", DnsType::aaaa, query_number);
    const std::string six = record_of(DnsType::aaaa, std::string(15, '\0') + "\1") + record_of(DnsType::aaaa, "short");
    CHECK(read(reply_to(query6, 2, six), query6, DnsType::aaaa).values == std::vector<std::string>{"::1"});
}

TEST_CASE("a name that does not exist has no records, and a server that fails none, either", "[issuance]") {
    const std::string query = make_dns_query("a.example.test", DnsType::a, query_number);
    const DnsReply none = read(reply_to(query, 0, "", "\x81\x83"), query, DnsType::a);
    CHECK(none.kind == DnsReply::Kind::complete);
    CHECK(none.values.empty());
    CHECK(read(reply_to(query, 0, "", "\x81\x82"), query, DnsType::a).kind == DnsReply::Kind::failed);
    CHECK(read(reply_to(query, 0, "", "\x83\x80"), query, DnsType::a).kind == DnsReply::Kind::cut);
}

TEST_CASE("another message is not the answer", "[issuance]") {
    const std::string query = make_dns_query("a.example.test", DnsType::a, query_number);
    const std::string other = make_dns_query("b.example.test", DnsType::a, query_number);
    const std::string other_number = make_dns_query("a.example.test", DnsType::a, query_number + 1);
    CHECK(read(reply_to(other, 0, ""), query, DnsType::a).kind == DnsReply::Kind::foreign);
    CHECK(read(reply_to(other_number, 0, ""), query, DnsType::a).kind == DnsReply::Kind::foreign);
    CHECK(read(query, query, DnsType::a).kind == DnsReply::Kind::foreign);  // a query
    CHECK(read("", query, DnsType::a).kind == DnsReply::Kind::foreign);
    CHECK(read(query.substr(0, 11), query, DnsType::a).kind == DnsReply::Kind::foreign);
}

TEST_CASE("a message that is cut anywhere is never complete with its record", "[issuance]") {
    const std::string query = make_dns_query("a.example.test", DnsType::txt, query_number);
    const std::string whole = reply_to(query, 1, record_of(DnsType::txt, "\5value"));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK(read(whole.substr(0, size), query, DnsType::txt).values.empty());
    }
    CHECK(read(whole, query, DnsType::txt).values.size() == 1);
    CHECK(read(reply_to(query, 2, record_of(DnsType::txt, "\5value")), query, DnsType::txt).kind ==
          DnsReply::Kind::malformed);
}

TEST_CASE("so many records of an answer are read", "[issuance]") {
    const std::string query = make_dns_query("a.example.test", DnsType::txt, query_number);
    std::string records;
    for (std::size_t i = 0; i <= limits::dns_records_max; ++i) {
        records += record_of(DnsType::txt, "\1x");
    }
    CHECK(read(reply_to(query, limits::dns_records_max + 1, records), query, DnsType::txt).values.size() ==
          limits::dns_records_max);
}

}  // namespace
}  // namespace ferrotunnel::issuance
