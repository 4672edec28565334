// Every control message, pinned byte by byte with the values of docs/protocol.md.
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "unit/wire/hex.hpp"
#include "wire/control.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::wire;
using test::from_hex;
using test::hex;
using test::to_hex;

namespace {

template <std::size_t N>
std::array<std::uint8_t, N> counting_from(std::uint8_t first) {
    std::array<std::uint8_t, N> out{};
    std::iota(out.begin(), out.end(), first);
    return out;
}

template <std::size_t N>
std::array<std::uint8_t, N> array_of(std::string_view text) {
    auto bytes = from_hex(text);
    REQUIRE(bytes.size() == N);
    std::array<std::uint8_t, N> out{};
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

// Checks that a message is encoded as exactly these bytes, and that they decode to the same message.
template <typename Message>
void pin(const Message& message, const ControlPayload& payload, std::string_view bytes) {
    CHECK(to_hex(payload) == hex(bytes));
    auto back = decode_control(from_hex(bytes));
    REQUIRE(back);
    REQUIRE(std::holds_alternative<Message>(*back));
    CHECK(std::get<Message>(*back) == message);
}

}  // namespace

TEST_CASE("the client's hello has exactly these bytes") {
    Hello hello;
    hello.role = HelloRole::client;
    hello.nonce = counting_from<32>(0xa0);
    hello.token_id = array_of<8>("a760fc5a0e03461b");
    hello.instance = counting_from<16>(0x10);
    hello.epoch = 1;
    hello.agent = "example/1.0";
    pin(hello, encode_control(hello),
        "ad 6174 6568656c6c6f 6b76657273696f6e5f6d696e 01 6b76657273696f6e5f6d6178 01 686665617475726573 00"
        "64726f6c65 66636c69656e74 656e6f6e6365 5820 a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
        "68746f6b656e5f6964 48 a760fc5a0e03461b 68696e7374616e6365 50 101112131415161718191a1b1c1d1e1f"
        "6565706f6368 01 657472756e6b 01 667472756e6b73 01 666c696d697473 a5 6c66697273745f77696e646f77 1a00010000"
        "6b73747265616d735f6d6178 194000 696f70656e735f6d6178 191000 6b636f6e74726f6c5f6d6178 194000"
        "6c73657276696365735f6d6178 190400 656167656e74 6b6578616d706c652f312e30");
}

TEST_CASE("a hello names its attempt behind the epoch, unless it is the first") {
    Hello hello;
    hello.token_id = array_of<8>("a760fc5a0e03461b");
    const ControlPayload first = encode_control(hello);
    hello.attempt = 5;
    const ControlPayload later = encode_control(hello);
    CHECK(later.size() == first.size() + 9);
    CHECK(later.front() == first.front() + 1);  // one more pair in the map
    const ControlPayload pair = {0x67, 'a', 't', 't', 'e', 'm', 'p', 't', 0x05};
    auto at = std::search(later.begin(), later.end(), pair.begin(), pair.end());
    REQUIRE(at != later.end());
    ControlPayload without(later.begin(), at);
    without.insert(without.end(), at + 9, later.end());
    without.front() = first.front();
    CHECK(without == first);
}

TEST_CASE("the server's hello has exactly these bytes") {
    Hello hello;
    hello.role = HelloRole::server;
    hello.nonce = counting_from<32>(0xc0);
    hello.instance = counting_from<16>(0x20);
    hello.agent = "ferrotunnel/0.1.0";
    pin(hello, encode_control(hello),
        "ac 6174 6568656c6c6f 6b76657273696f6e5f6d696e 01 6b76657273696f6e5f6d6178 01 686665617475726573 00"
        "64726f6c65 66736572766572 656e6f6e6365 5820 c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
        "68696e7374616e6365 50 202122232425262728292a2b2c2d2e2f"
        "6565706f6368 00 657472756e6b 01 667472756e6b73 01 666c696d697473 a5 6c66697273745f77696e646f77 1a00010000"
        "6b73747265616d735f6d6178 194000 696f70656e735f6d6178 191000 6b636f6e74726f6c5f6d6178 194000"
        "6c73657276696365735f6d6178 190400 656167656e74 71 666572726f74756e6e656c2f302e312e30");
}

TEST_CASE("auth and welcome have exactly these bytes") {
    constexpr const char* client = "68321d0c00c83b05f5a4997631bcb11376457df6e31b2904a02d8f202ff428ca";
    constexpr const char* server = "d92aecb1f79f3903dbc05f7cf8cd82cbc418ac99e1fce9eb77d9edf6cd2d6aa8";
    Auth auth{array_of<32>(client)};
    pin(auth, encode_control(auth), std::string("a2 6174 6461757468 6570726f6f66 5820") + client);

    Welcome welcome;
    welcome.proof = array_of<32>(server);
    welcome.session = "s1";
    pin(welcome, encode_control(welcome),
        std::string("a7 6174 6777656c636f6d65 6570726f6f66 5820") + server +
            "6773657373696f6e 627331 6776657273696f6e 01 686665617475726573 00 6770696e675f6d73 193a98"
            "67646561645f6d73 19afc8");

    welcome.features = feature::cluster;
    welcome.cluster = {"a", {{"b", "b.example:7835"}}};
    pin(welcome, encode_control(welcome),
        std::string("a8 6174 6777656c636f6d65 6570726f6f66 5820") + server +
            "6773657373696f6e 627331 6776657273696f6e 01 686665617475726573 192000 6770696e675f6d73 193a98"
            "67646561645f6d73 19afc8 67636c7573746572 a2 666d656d626572 6161 666f7468657273 81"
            "a2 646e616d65 6162 6761646472657373 6e622e6578616d706c653a37383335");
}

TEST_CASE("register has exactly these bytes") {
    Register one{1, {{1, ServiceKind::tcp, 2222, "", "", ""}}};
    auto payloads = encode_register(one.request, one.services);
    REQUIRE(payloads.size() == 1);
    pin(one, payloads[0],
        "a3 6174 687265676973746572 6772657175657374 01 687365727669636573 81"
        "a3 626964 01 646b696e64 01 6b72656d6f74655f706f7274 1908ae");

    Register two{2, {{2, ServiceKind::tcp, 0, "127.0.0.1", "db", "x"}, {3, ServiceKind::udp, 53, "", "", ""}}};
    payloads = encode_register(two.request, two.services);
    REQUIRE(payloads.size() == 1);
    pin(two, payloads[0],
        "a3 6174 687265676973746572 6772657175657374 02 687365727669636573 82"
        "a6 626964 02 646b696e64 01 6b72656d6f74655f706f7274 00 6462696e64 693132372e302e302e31"
        "   646e616d65 626462 686d65746164617461 6178"
        "a3 626964 03 646b696e64 03 6b72656d6f74655f706f7274 1835");
}

TEST_CASE("an HTTP service has exactly these bytes") {
    Register some{3,
                  {{4, ServiceKind::http, 0, "", "", "", {{"a.example", "*.b.example"}, "/api"}},
                   {5, ServiceKind::http, 0, "", "", "", {}}}};
    auto payloads = encode_register(some.request, some.services);
    REQUIRE(payloads.size() == 1);
    pin(some, payloads[0],
        "a3 6174 687265676973746572 6772657175657374 03 687365727669636573 82"
        "a4 626964 04 646b696e64 02 6b72656d6f74655f706f7274 00"
        "   6468747470 a2 65686f737473 82 69612e6578616d706c65 6b2a2e622e6578616d706c65 6470617468 642f617069"
        "a3 626964 05 646b696e64 02 6b72656d6f74655f706f7274 00");

    Service ruled{6, ServiceKind::http, 0, "", "", "", {{}, "/a"}};
    ruled.http.rules.prefix = "";
    ruled.http.rules.request_headers = {{HttpFieldRule::Action::set, "A", "b"},
                                        {HttpFieldRule::Action::remove, "C", ""}};
    ruled.http.limits.body_max = 16;
    ruled.http.limits.upgrades = false;
    some = {3, {ruled}};
    payloads = encode_register(some.request, some.services);
    REQUIRE(payloads.size() == 1);
    pin(some, payloads[0],
        "a3 6174 687265676973746572 6772657175657374 03 687365727669636573 81"
        "a4 626964 06 646b696e64 02 6b72656d6f74655f706f7274 00"
        "   6468747470 a3 6470617468 622f61"
        "     6572756c6573 a2 66707265666978 60 6f726571756573745f68656164657273 82 83 01 6141 6162 82 02 6143"
        "     666c696d697473 a2 68626f64795f6d6178 10 687570677261646573 f4");

    Registered registered{3, {{5, 80, "http://x.example", "x.example"}}};
    payloads = encode_registered(registered.request, registered.services);
    REQUIRE(payloads.size() == 1);
    pin(registered, payloads[0],
        "a3 6174 6a72656769737465726564 6772657175657374 03 687365727669636573 81"
        "a4 626964 05 64706f7274 1850 6761646472657373 70687474703a2f2f782e6578616d706c65"
        "   64686f7374 69782e6578616d706c65");
}

TEST_CASE("the answers and the rest have exactly these bytes") {
    Registered registered{1, {{1, 2222, "192.0.2.7:2222"}}};
    auto payloads = encode_registered(registered.request, registered.services);
    REQUIRE(payloads.size() == 1);
    pin(registered, payloads[0],
        "a3 6174 6a72656769737465726564 6772657175657374 01 687365727669636573 81"
        "a3 626964 01 64706f7274 1908ae 6761646472657373 6e3139322e302e322e373a32323232");

    Registered partial{no_request, {{1, 2222, "192.0.2.7:2222", "", "b (x)"}}};
    payloads = encode_registered(partial.request, partial.services);
    REQUIRE(payloads.size() == 1);
    pin(partial, payloads[0],
        "a3 6174 6a72656769737465726564 6772657175657374 00 687365727669636573 81"
        "a4 626964 01 64706f7274 1908ae 6761646472657373 6e3139322e302e322e373a32323232"
        "   666e6f745f6174 656220287829");

    Registered changed{no_request, {{1, 443, "https://a.example"}}};
    payloads = encode_registered(changed.request, changed.services);
    REQUIRE(payloads.size() == 1);
    pin(changed, payloads[0],
        "a3 6174 6a72656769737465726564 6772657175657374 00 687365727669636573 81"
        "a3 626964 01 64706f7274 1901bb 6761646472657373 7168747470733a2f2f612e6578616d706c65");

    Refused service{2, Code::port_taken, "port 80 is taken"};
    pin(service, encode_control(service),
        "a4 6174 6772656675736564 626964 02 64636f6465 13 6474657874 70706f72742038302069732074616b656e");
    Refused session{0, Code::unauthorized, "not authorized"};
    pin(session, encode_control(session),
        "a3 6174 6772656675736564 64636f6465 09 6474657874 6e6e6f7420617574686f72697a6564");
    Refused bare{0, Code::unauthorized, ""};
    pin(bare, encode_control(bare), "a2 6174 6772656675736564 64636f6465 09");

    Unregister unregister{{1, 300}};
    pin(unregister, encode_control(unregister), "a2 6174 6a756e7265676973746572 63696473 82 01 19012c");
    Stats stats{{{"streams", 5}}};
    pin(stats, encode_control(stats), "a2 6174 657374617473 68636f756e74657273 a1 6773747265616d73 05");
    Manage manage{7, "{}"};
    pin(manage, encode_control(manage), "a3 6174 666d616e616765 6772657175657374 07 6474657874 627b7d");
    Managed managed{7, 201, "{}"};
    pin(managed, encode_control(managed),
        "a4 6174 676d616e61676564 6772657175657374 07 66737461747573 18c9 6474657874 627b7d");
    Health ill{7, false, "slow"};
    pin(ill, encode_control(ill), "a3 6174 666865616c7468 626964 07 6474657874 64736c6f77");
    Health well{7, true, ""};
    pin(well, encode_control(well), "a3 6174 666865616c7468 626964 07 676865616c746879 f5");
    pin(TakeOver{}, encode_control(TakeOver{}), "a1 6174 6974616b655f6f766572");
    pin(TakenOver{1}, encode_control(TakenOver{1}), "a2 6174 6a74616b656e5f6f766572 67636c69656e7473 01");
    pin(Replaced{"bye"}, encode_control(Replaced{"bye"}), "a2 6174 687265706c61636564 6474657874 63627965");
    pin(Replaced{}, encode_control(Replaced{}), "a1 6174 687265706c61636564");
}
