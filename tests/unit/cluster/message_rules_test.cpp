// The rules of messages between members: what is accepted at each bound, and what is refused beyond it.
#include <catch2/catch.hpp>
#include <limits>
#include <utility>

#include "base/limits.hpp"
#include "unit/cluster/messages_json.hpp"

using namespace ferrotunnel;
using test::decode_json;
using test::ordered_json;

namespace {

constexpr std::uint64_t greatest = std::numeric_limits<std::uint64_t>::max();

wire::Code refusal_of(const ordered_json& message) {
    const auto decoded = decode_json(message);
    if (decoded) {
        return wire::Code::none;
    }
    CHECK_FALSE(decoded.error().text.empty());
    return decoded.error().code;
}

// What happens to a message with another value at `place`, a JSON pointer.
wire::Code with(ordered_json message, const std::string& place, ordered_json value) {
    message[ordered_json::json_pointer(place)] = std::move(value);
    return refusal_of(message);
}

// A number from 0 to `most`.
void check_number(const ordered_json& message, const std::string& place, std::uint64_t most) {
    CAPTURE(message["t"], place);
    CHECK(with(message, place, 0) == wire::Code::none);
    CHECK(with(message, place, most) == wire::Code::none);
    if (most != greatest) {
        CHECK(with(message, place, most + 1) == wire::Code::protocol);
        CHECK(with(message, place, greatest) == wire::Code::protocol);
    }
    CHECK(with(message, place, -1) == wire::Code::protocol);
    CHECK(with(message, place, "0") == wire::Code::protocol);
}

void check_bytes(const ordered_json& message, const std::string& place, std::size_t size) {
    CAPTURE(message["t"], place);
    CHECK(with(message, place, test::bytes_json(size, 9)) == wire::Code::none);
    CHECK(with(message, place, test::bytes_json(size - 1, 9)) == wire::Code::protocol);
    CHECK(with(message, place, test::bytes_json(size + 1, 9)) == wire::Code::protocol);
    CHECK(with(message, place, std::string(size, '9')) == wire::Code::protocol);
}

void check_text(const ordered_json& message, const std::string& place, std::size_t least, std::size_t most) {
    CAPTURE(message["t"], place);
    CHECK(with(message, place, std::string(least, 'a')) == wire::Code::none);
    CHECK(with(message, place, std::string(most, 'a')) == wire::Code::none);
    CHECK(with(message, place, std::string(most + 1, 'a')) == wire::Code::limit);
    if (least > 0) {
        CHECK(with(message, place, std::string(least - 1, 'a')) == wire::Code::protocol);
    }
    CHECK(with(message, place, "a\n") == wire::Code::protocol);
    CHECK(with(message, place, 1) == wire::Code::protocol);
}

void check_name(const ordered_json& message, const std::string& place) {
    CAPTURE(message["t"], place);
    const std::string prefix = "h**.a.example /";
    CHECK(with(message, place, "s0123456789abcdef db") == wire::Code::none);
    CHECK(with(message, place, prefix + std::string(cluster::limits::path_max - 1, 'p')) == wire::Code::none);
    CHECK(with(message, place, prefix + std::string(cluster::limits::path_max, 'p')) == wire::Code::protocol);
    CHECK(with(message, place, std::string(cluster::limits::name_max + 1, 'h')) == wire::Code::limit);
    for (const char* name : {"", "t0", "x", "hA /", "t80 "}) {
        CHECK(with(message, place, name) == wire::Code::protocol);
    }
    CHECK(with(message, place, test::bytes_json(3, 't')) == wire::Code::protocol);
}

void check_boolean(const ordered_json& message, const std::string& place) {
    CAPTURE(message["t"], place);
    CHECK(with(message, place, true) == wire::Code::none);
    CHECK(with(message, place, false) == wire::Code::none);
    CHECK(with(message, place, 1) == wire::Code::protocol);
}

// The first element of `message[key]`, `count` times.
wire::Code with_elements(ordered_json message, const char* key, std::size_t count) {
    message[key] = std::vector(count, message[key][0]);
    return refusal_of(message);
}

void check_elements(const ordered_json& message, const char* key) {
    CAPTURE(message["t"], key);
    CHECK(with_elements(message, key, 1) == wire::Code::none);
    CHECK(with_elements(message, key, cluster::limits::claims_per_message) == wire::Code::none);
    CHECK(with_elements(message, key, cluster::limits::claims_per_message + 1) == wire::Code::limit);
    CHECK(with_elements(message, key, 0) == wire::Code::protocol);
    CHECK(with(message, std::string("/") + key, 1) == wire::Code::protocol);
    CHECK(with(message, std::string("/") + key + "/1", 1) == wire::Code::protocol);
}

wire::Code with_members(std::vector<std::string> members) {
    ordered_json message = test::hello_json();
    message["member"] = members.empty() ? "a" : members.front();
    message["members"] = std::move(members);
    return refusal_of(message);
}

// The place of the first element of `message`'s array, or of the message.
std::vector<std::pair<ordered_json, std::string>> maps_of(const std::vector<ordered_json>& messages) {
    std::vector<std::pair<ordered_json, std::string>> maps;
    for (const ordered_json& message : messages) {
        maps.emplace_back(message, "");
        for (const char* key : {"claims", "names"}) {
            if (message.contains(key)) {
                maps.emplace_back(message, std::string("/") + key + "/0");
            }
        }
    }
    return maps;
}

}  // namespace

TEST_CASE("limit: cluster messages: hello") {
    const ordered_json hello = test::hello_json();
    check_number(hello, "/incarnation", greatest);
    check_number(hello, "/features", greatest);
    check_text(hello, "/agent", 0, ferrotunnel::limits::agent_text_max);
    check_boolean(hello, "/recovering");
    CHECK(with(hello, "/member", "c") == wire::Code::none);
    CHECK(with(hello, "/member", "d") == wire::Code::protocol);
    CHECK(with(hello, "/member", "B") == wire::Code::protocol);
    CHECK(with(hello, "/member", std::string(cluster::limits::member_name_max + 1, 'a')) == wire::Code::limit);

    const std::string longest(cluster::limits::member_name_max, 'a');
    CHECK(with_members({longest}) == wire::Code::none);
    CHECK(with_members({"a", longest + 'a'}) == wire::Code::limit);
    std::vector<std::string> members;
    for (std::size_t i = 0; i < cluster::limits::members_max; ++i) {
        members.emplace_back(1, static_cast<char>('a' + i));
    }
    CHECK(with_members(members) == wire::Code::none);
    members.emplace_back("z");
    CHECK(with_members(members) == wire::Code::limit);
    CHECK(with_members({}) == wire::Code::protocol);
    CHECK(with_members({"b", "a"}) == wire::Code::protocol);
    CHECK(with_members({"a", "a"}) == wire::Code::protocol);
    CHECK(with_members({"a", "B"}) == wire::Code::protocol);
    CHECK(with_members({"a", ""}) == wire::Code::protocol);
    CHECK(with(hello, "/members", "a") == wire::Code::protocol);
}

TEST_CASE("limit: cluster messages: have") {
    const ordered_json have = test::have_json();
    check_elements(have, "claims");
    CHECK(with(have, "/of", std::string(cluster::limits::member_name_max, 'a')) == wire::Code::none);
    CHECK(with(have, "/of", std::string(cluster::limits::member_name_max + 1, 'a')) == wire::Code::limit);
    for (const char* name : {"", "A", "a.b", "-"}) {
        CHECK(with(have, "/of", name) == wire::Code::protocol);
    }
    check_name(have, "/claims/0/name");
    check_bytes(have, "/claims/0/token", 8);
    check_bytes(have, "/claims/0/party", 16);
    check_number(have, "/claims/0/over", 999);
    check_number(have, "/claims/0/terms", greatest);
    check_number(have, "/claims/0/readiness", 3);
    check_boolean(have, "/claims/1/provisional");
    ordered_json never_over = have;
    never_over["claims"][0].erase("over");
    check_number(never_over, "/claims/0/since", cluster::limits::since_max);
}

TEST_CASE("limit: cluster messages: reserved and gone") {
    const ordered_json reserved = test::reserved_json();
    check_elements(reserved, "names");
    check_name(reserved, "/names/1/name");
    check_bytes(reserved, "/names/1/token", 8);
    check_number(reserved, "/names/1/ms", cluster::limits::reservation_milliseconds_max);
    check_name(test::gone_json(), "/name");
    check_number(test::gone_json(), "/since", cluster::limits::since_max);
    check_number(test::gone_json(), "/ms", cluster::limits::reservation_milliseconds_max);
    CHECK(cluster::limits::reservation_milliseconds_max == 86'400'000);
}

TEST_CASE("limit: cluster messages: those to and from a home") {
    const ordered_json claim = test::claim_request_json();
    check_number(claim, "/request", greatest);
    check_name(claim, "/name");
    check_bytes(claim, "/token", 8);
    check_bytes(claim, "/party", 16);
    check_number(claim, "/terms", greatest);
    check_number({{"t", "cancel"}, {"request", 9}}, "/request", greatest);

    ordered_json granted = test::granted_json();
    check_number(granted, "/request", greatest);
    check_number(granted, "/over", 999);
    granted.erase("over");
    check_number(granted, "/since", cluster::limits::since_max);
    granted["since"] = 0;
    check_number(granted, "/over", 0);

    const ordered_json refused = test::refused_json();
    check_number(refused, "/request", greatest);
    check_text(refused, "/text", 0, cluster::limits::refusal_text_max);
    check_boolean(refused, "/temporary");
    CHECK(with(refused, "/code", 0) == wire::Code::protocol);
    CHECK(with(refused, "/code", 1) == wire::Code::none);
    CHECK(with(refused, "/code", 65'535) == wire::Code::none);  // of a later version
    CHECK(with(refused, "/code", 65'536) == wire::Code::protocol);

    const ordered_json probe = test::probe_json();
    check_number(probe, "/request", greatest);
    check_name(probe, "/name");
    check_bytes(probe, "/token", 8);
    check_bytes(probe, "/party", 16);
    check_number(test::probed_json(), "/request", greatest);
    check_boolean(test::probed_json(), "/answers");
    check_name(test::lost_json(), "/name");
    check_number(test::lost_json(), "/since", cluster::limits::since_max);
}

TEST_CASE("limit: cluster messages: shared values") {
    const ordered_json value = test::value_json();
    check_text(value, "/key", 1, cluster::limits::value_key_max);
    check_number(value, "/time", cluster::limits::since_max);
    check_number(value, "/left", cluster::limits::value_milliseconds_max);
    CHECK(with(value, "/member", std::string(cluster::limits::member_name_max, 'a')) == wire::Code::none);
    CHECK(with(value, "/member", std::string(cluster::limits::member_name_max + 1, 'a')) == wire::Code::limit);
    CHECK(with(value, "/member", "A") == wire::Code::protocol);
    CHECK(with(value, "/value", test::bytes_json(0, 0)) == wire::Code::none);
    CHECK(with(value, "/value", test::bytes_json(cluster::limits::value_text_max, 9)) == wire::Code::none);
    CHECK(with(value, "/value", test::bytes_json(cluster::limits::value_text_max + 1, 9)) == wire::Code::limit);
    CHECK(with(value, "/value", "text") == wire::Code::protocol);
    CHECK(cluster::limits::value_milliseconds_max == 316'224'000'000);
}

TEST_CASE("cluster messages: a removed value has no time left") {
    ordered_json removed = test::value_json();
    removed.erase("value");
    const auto decoded = decode_json(removed);
    REQUIRE(decoded);
    CHECK(std::get<cluster::Value>(*decoded).milliseconds == 0);
}

TEST_CASE("cluster messages: each key is required, or optional, and has its type") {
    const std::vector<std::string> optional = {"of",        "over",    "provisional", "readiness", "recovering",
                                               "temporary", "answers", "value",       "left"};
    for (const auto& [message, place] : maps_of(test::all_messages_json())) {
        const ordered_json map = message[ordered_json::json_pointer(place)];
        for (const auto& item : map.items()) {
            CAPTURE(message["t"], place, item.key());
            ordered_json without = message;
            without[ordered_json::json_pointer(place)].erase(item.key());
            const bool is_optional = std::find(optional.begin(), optional.end(), item.key()) != optional.end();
            CHECK(refusal_of(without) == (is_optional ? wire::Code::none : wire::Code::protocol));
            CHECK(with(message, place + '/' + item.key(), nullptr) == wire::Code::protocol);
            CHECK(with(message, place + '/' + item.key(), ordered_json::object()) == wire::Code::protocol);
        }
    }
}

TEST_CASE("cluster messages: unknown keys are ignored") {
    for (const auto& [message, place] : maps_of(test::all_messages_json())) {
        CAPTURE(message["t"], place);
        const auto plain = decode_json(message);
        ordered_json more = message;
        more[ordered_json::json_pointer(place + "/later")] = {{"a", {1, 2, 3}}};
        const auto decoded = decode_json(more);
        REQUIRE(plain);
        REQUIRE(decoded);
        CHECK(*decoded == *plain);
    }
}

TEST_CASE("cluster messages: what is not a message") {
    for (const ordered_json& json :
         {ordered_json(1), ordered_json("t"), ordered_json::array({1}), ordered_json(nullptr), ordered_json::object(),
          ordered_json{{"t", 1}}, ordered_json{{"t", ""}}, ordered_json{{"t", "later"}},
          ordered_json{{"t", "HELLO"}}}) {
        CAPTURE(json.dump());
        CHECK(refusal_of(json) == wire::Code::protocol);
    }
    CHECK(refusal_of({{"t", std::string(33, 't')}}) == wire::Code::limit);
    CHECK_FALSE(cluster::decode({}));
    ordered_json deep = ordered_json::array();
    for (std::size_t i = 0; i < ferrotunnel::limits::control_nesting_max; ++i) {
        deep = ordered_json::array({deep});
    }
    CHECK(refusal_of({{"t", "sync_end"}, {"later", deep}}) == wire::Code::limit);
}

TEST_CASE("cluster messages: one that is cut short or followed by a byte is refused") {
    for (const ordered_json& message : test::all_messages_json()) {
        CAPTURE(message["t"]);
        std::vector<std::uint8_t> bytes = ordered_json::to_cbor(message);
        REQUIRE(cluster::decode(bytes));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const std::vector<std::uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
            CHECK_FALSE(cluster::decode(cut));
        }
        bytes.push_back(0xf6);
        CHECK_FALSE(cluster::decode(bytes));
    }
}

TEST_CASE("limit: length of a cluster message") {
    ordered_json message = {{"t", "sync_end"}, {"later", ""}};
    const std::size_t rest = ordered_json::to_cbor(message).size() + 2;  // a text of such a length has 2 more bytes
    message["later"] = std::string(cluster::limits::message_max - rest, 'x');
    REQUIRE(ordered_json::to_cbor(message).size() == cluster::limits::message_max);
    CHECK(refusal_of(message) == wire::Code::none);
    message["later"] = std::string(cluster::limits::message_max - rest + 1, 'x');
    CHECK(refusal_of(message) == wire::Code::frame_size);
}
