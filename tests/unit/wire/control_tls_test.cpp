// What services of the kind tls say, and what backends that are told who the visitor is need of HTTP ones: rules, and
// the bytes of docs/protocol.md.
#include <catch2/catch.hpp>

#include "unit/wire/control_messages.hpp"
#include "unit/wire/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::wire;
using test::decode;
using test::from_hex;
using test::hex;
using test::json;
using test::register_json;
using test::to_hex;

namespace {

Service first_of(const json& message) {
    auto decoded = decode(message);
    REQUIRE(decoded);
    return std::get<Register>(*decoded).services.at(0);
}

void refuses(const json& message, const std::string& what, Code code = Code::protocol) {
    auto decoded = decode(message);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().code == code);
    CHECK_THAT(decoded.error().text, Catch::Contains(what));
}

void pin(const Service& service, std::string_view bytes) {
    const auto payloads = encode_register(3, std::vector{service});
    REQUIRE(payloads.size() == 1);
    const std::string around = "a3 6174 687265676973746572 6772657175657374 03 687365727669636573 81";
    CHECK(to_hex(payloads[0]) == hex(around + std::string(bytes)));
    auto back = decode_control(payloads[0]);
    REQUIRE(back);
    CHECK(std::get<Register>(*back).services == std::vector{service});
}

}  // namespace

TEST_CASE("register: a TLS service has exactly these bytes") {
    Service service;
    service.id = 6;
    service.kind = ServiceKind::tls;
    service.tls.hosts = {"a.example", "*.b.example"};
    pin(service,
        "a4 626964 06 646b696e64 04 6b72656d6f74655f706f7274 00"
        "   63746c73 a1 65686f737473 82 69612e6578616d706c65 6b2a2e622e6578616d706c65");
}

TEST_CASE("register: an HTTP service that keeps visitors apart has exactly these bytes") {
    Service service;
    service.id = 7;
    service.kind = ServiceKind::http;
    service.http.hosts = {"a.example"};
    service.http.per_visitor = true;
    pin(service,
        "a4 626964 07 646b696e64 02 6b72656d6f74655f706f7274 00"
        "   6468747470 a2 65686f737473 81 69612e6578616d706c65 6b7065725f76697369746f72 f5");
}

TEST_CASE("register: what a TLS service says has its rules") {
    json message = register_json();
    message["services"][0]["kind"] = 4;
    refuses(message, "register.services[0].tls is missing");
    message["services"][0]["tls"] = "a.example";
    refuses(message, "tls is not a map");
    message["services"][0]["tls"] = json::object();
    refuses(message, "register.services.tls[0].hosts is missing");
    message["services"][0]["tls"] = {{"hosts", json::array()}};
    refuses(message, "hosts is not an array with elements");
    json& hosts = message["services"][0]["tls"]["hosts"];
    hosts = std::vector<std::string>(limits::http_hosts_per_service_max, "x");
    CHECK(first_of(message).tls.hosts.size() == limits::http_hosts_per_service_max);
    hosts.push_back("x");
    refuses(message, "hosts has more than", Code::limit);
    hosts = {std::string(limits::http_host_text_max, 'x')};
    CHECK(first_of(message).tls.hosts.size() == 1);
    hosts = {std::string(limits::http_host_text_max + 1, 'x')};
    refuses(message, "hosts is longer", Code::limit);
    hosts = {"a.example"};
    message["services"][0]["tls"]["later"] = 1;
    CHECK(first_of(message).tls.hosts == std::vector<std::string>{"a.example"});
    // For other kinds of services it is one of the keys that nobody knows.
    message["services"][0]["kind"] = 1;
    message["services"][0]["tls"] = 5;
    CHECK(first_of(message).tls == TlsPart{});
}

TEST_CASE("register: an HTTP service whose backend has TLS has exactly these bytes") {
    Service service;
    service.id = 7;
    service.kind = ServiceKind::http;
    service.http.hosts = {"a.example"};
    service.http.backend_tls = true;
    pin(service,
        "a4 626964 07 646b696e64 02 6b72656d6f74655f706f7274 00"
        "   6468747470 a2 65686f737473 81 69612e6578616d706c65 6b6261636b656e645f746c73 f5");
}

TEST_CASE("register: per_visitor is true or false") {
    json message = register_json();
    message["services"][0]["kind"] = 2;
    message["services"][0]["http"] = {{"hosts", {"a.example"}}};
    CHECK_FALSE(first_of(message).http.per_visitor);
    message["services"][0]["http"]["per_visitor"] = false;
    CHECK_FALSE(first_of(message).http.per_visitor);
    message["services"][0]["http"]["per_visitor"] = true;
    CHECK(first_of(message).http.per_visitor);
    message["services"][0]["http"]["per_visitor"] = 1;
    refuses(message, "per_visitor");
}
