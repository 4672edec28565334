// What services of the kind udp say.
#include <catch2/catch.hpp>

#include "unit/wire/control_messages.hpp"
#include "unit/wire/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::wire;
using test::decode;
using test::hex;
using test::json;
using test::register_json;
using test::to_hex;

namespace {

std::uint32_t idle_of(const json& message) {
    auto decoded = decode(message);
    REQUIRE(decoded);
    return std::get<Register>(*decoded).services.at(0).udp.idle_ms;
}

}  // namespace

TEST_CASE("register: a UDP service has exactly these bytes") {
    Service service;
    service.id = 6;
    service.kind = ServiceKind::udp;
    service.remote_port = 53;
    const std::string begin = "a3 6174 687265676973746572 6772657175657374 03 687365727669636573 81";
    const std::string plain = "626964 06 646b696e64 03 6b72656d6f74655f706f7274 1835";
    CHECK(to_hex(encode_register(3, std::vector{service}).at(0)) == hex(begin + "a3" + plain));
    service.udp.idle_ms = 5'000;
    const auto payload = encode_register(3, std::vector{service}).at(0);
    CHECK(to_hex(payload) == hex(begin + "a4" + plain + "63756470 a1 6769646c655f6d73 191388"));
    const auto back = decode_control(payload);
    REQUIRE(back);
    CHECK(std::get<Register>(*back).services == std::vector{service});
}

TEST_CASE("register: what a UDP service says has its rules") {
    json message = register_json();
    json& service = message["services"][0];
    service["kind"] = 3;
    CHECK(idle_of(message) == 0);
    service["udp"] = json::object();
    CHECK(idle_of(message) == 0);
    service["udp"] = {{"idle_ms", limits::udp_idle_ms_min}, {"later", 1}};
    CHECK(idle_of(message) == limits::udp_idle_ms_min);
    service["udp"]["idle_ms"] = limits::udp_idle_ms_max;
    CHECK(idle_of(message) == limits::udp_idle_ms_max);
    for (const json& wrong : {json(limits::udp_idle_ms_min - 1), json(limits::udp_idle_ms_max + 1), json("60s")}) {
        service["udp"]["idle_ms"] = wrong;
        CHECK_FALSE(decode(message));
    }
    service["udp"] = 5;
    CHECK_FALSE(decode(message));
    service["kind"] = 1;  // for other kinds it is one of the keys that nobody knows
    CHECK(idle_of(message) == 0);
}
