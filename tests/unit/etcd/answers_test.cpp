#include "etcd/answers.hpp"

#include <catch2/catch.hpp>

#include "etcd/json.hpp"
#include "etcd/limits.hpp"
#include "recorded.hpp"

namespace ferrotunnel::etcd {
namespace {

using test::with_header;

constexpr const char* one_key =
    R"({"key":"YQ==", "create_revision":"2", "mod_revision":"3", "version":"2", "value":"djE=", "lease":"77"})";

std::string read_body(std::string_view pairs) {
    return with_header(R"("kvs":[)" + std::string(pairs) + R"(], "count":"1")");
}

bool is_malformed(const auto& answer) {
    return !answer && answer.error().kind == Fault::Kind::malformed && !answer.error().text.empty();
}

TEST_CASE("a read has keys, or none", "[etcd]") {
    const auto some = read_answer(read_body(one_key), Read{{"a"}});
    REQUIRE(some);
    CHECK(some->header.cluster == 324952591200643719U);
    CHECK(some->header.member == 3319814642761637952U);
    CHECK(some->header.revision == 9);
    REQUIRE(some->pairs.size() == 1);
    const KeyValue& pair = some->pairs[0];
    CHECK(pair.key == "a");
    CHECK(pair.value == "v1");
    CHECK(pair.created == 2);
    CHECK(pair.modified == 3);
    CHECK(pair.version == 2);
    CHECK(pair.lease == 77);
    CHECK_FALSE(some->has_more);
    const auto none = read_answer(with_header(""), Read{{"zz"}});
    REQUIRE(none);
    CHECK(none->pairs.empty());
}

TEST_CASE("a read with other keys than the requested ones is malformed", "[etcd]") {
    CHECK(is_malformed(read_answer(read_body(one_key), Read{{"b"}})));
    CHECK(is_malformed(read_answer(read_body(one_key), Read{range_of_prefix("b")})));
    const std::string twice = std::string(one_key) + "," + one_key;
    CHECK(is_malformed(read_answer(read_body(twice), Read{range_of_prefix("a")})));
    Read limited{range_of_prefix("a")};
    limited.limit = 1;
    const std::string second = R"({"key":"YWI=", "create_revision":"2", "mod_revision":"3", "version":"2"})";
    CHECK(read_answer(read_body(std::string(one_key) + "," + second), Read{range_of_prefix("a")}));
    CHECK(is_malformed(read_answer(read_body(second + "," + one_key), Read{range_of_prefix("a")})));
    CHECK(is_malformed(read_answer(read_body(std::string(one_key) + "," + second), limited)));
}

TEST_CASE("a key of another form is malformed", "[etcd]") {
    for (const char* pair : {
             R"(7)",
             R"({"key":"YQ", "create_revision":"2", "mod_revision":"3", "version":"2"})",
             R"({"key":"", "create_revision":"2", "mod_revision":"3", "version":"2"})",
             R"({"key":5, "create_revision":"2", "mod_revision":"3", "version":"2"})",
             R"({"key":"YQ==", "value":5, "create_revision":"2", "mod_revision":"3", "version":"2"})",
             R"({"key":"YQ==", "create_revision":"4", "mod_revision":"3", "version":"2"})",
             R"({"key":"YQ==", "create_revision":"2", "mod_revision":"10", "version":"2"})",
             R"({"key":"YQ==", "create_revision":"2", "version":"2"})",
             R"({"key":"YQ==", "create_revision":"-2", "mod_revision":"3", "version":"2"})",
             R"({"key":"YQ==", "create_revision":"2", "mod_revision":"99999999999999999999", "version":"2"})",
             R"({"key":"YQ==", "create_revision":"2", "mod_revision":"3 ", "version":"2"})",
             R"({"key":"YQ==", "create_revision":"2", "mod_revision":3.5, "version":"2"})",
             R"({"key":"YQ==", "create_revision":"2", "mod_revision":["3"], "version":"2"})",
             R"({"key":"YQ==", "create_revision":"2", "mod_revision":"3", "version":"2", "lease":"-1"})",
         }) {
        CAPTURE(pair);
        CHECK(is_malformed(read_answer(read_body(pair), Read{{"a"}})));
    }
    CHECK(read_answer(read_body(R"({"key":"YQ==", "create_revision":2, "mod_revision":3, "version":2})"), Read{{"a"}}));
}

TEST_CASE("an answer without a valid header is malformed", "[etcd]") {
    for (const char* body : {"", "{}", "[]", "null", "{", "\"x\"", R"({"header":{}})", R"({"header":5})",
                             R"({"header":{"cluster_id":"0","member_id":"1","revision":"2"}})",
                             R"({"header":{"cluster_id":"1","member_id":"1"}})",
                             R"({"header":{"cluster_id":"-1","member_id":"1","revision":"2"}})",
                             R"({"header":{"cluster_id":"1","member_id":"1","revision":"-2"}})",
                             R"({"header":{"cluster_id":"18446744073709551616","member_id":"1","revision":"2"}})"}) {
        CAPTURE(body);
        CHECK(is_malformed(read_answer(body, Read{{"a"}})));
        CHECK(is_malformed(put_answer(body)));
    }
}

TEST_CASE("values and keys up to their limits are kept", "[etcd][limits]") {
    const auto body = [](std::size_t key, std::size_t value) {
        Put put{std::string(key, 'a'), std::string(value, 'v')};
        std::string text = post_of(put).body;
        text.insert(1, R"("create_revision":"2","mod_revision":"3","version":"1",)");
        return read_body(text);
    };
    const Read all{range_of_prefix("a")};
    const auto most = read_answer(body(limits::key_max, limits::value_max), all);
    REQUIRE(most);
    CHECK(most->pairs[0].value.size() == limits::value_max);
    CHECK_FALSE(most->pairs[0].is_cut);
    const auto cut = read_answer(body(1, limits::value_max + 1), all);
    REQUIRE(cut);
    CHECK(cut->pairs[0].value.empty());
    CHECK(cut->pairs[0].is_cut);
    const auto foreign = read_answer(body(limits::key_max + 1, 1), all);
    REQUIRE(foreign);
    CHECK(foreign->pairs.empty());
    const std::string with_more = body(limits::key_max + 1, 1);
    const auto page = read_answer(with_more.substr(0, with_more.size() - 1) + R"(,"more":true})", all);
    REQUIRE(page);
    CHECK_FALSE(page->has_more);
}

TEST_CASE("answers deeper or with more values than their limits are malformed", "[etcd][limits]") {
    const auto nested = [](int depth) {
        return with_header("\"x\":" + std::string(static_cast<std::size_t>(depth), '[') +
                           std::string(static_cast<std::size_t>(depth), ']'));
    };
    CHECK(put_answer(nested(limits::depth_max - 1)));
    CHECK(is_malformed(put_answer(nested(limits::depth_max))));
    CHECK(is_malformed(put_answer(nested(100'000))));
    const auto values = [](std::size_t count) {
        std::string list = "[0";
        for (std::size_t i = 1; i < count; ++i) {
            list += ",0";
        }
        return with_header("\"x\":" + list + "]");
    };
    // With the object, the header, its four members, their names, the list, and its name.
    const std::size_t others = 13;
    CHECK(put_answer(values(limits::json_values_max - others)));
    CHECK(is_malformed(put_answer(values(limits::json_values_max))));
}

TEST_CASE("the answer to a transaction fits its operations", "[etcd]") {
    Transaction transaction;
    transaction.then = {Put{"a", "v", 0}, Delete{{"b"}}, Read{{"a"}}};
    transaction.otherwise = {Read{{"a"}}};
    const auto done = transaction_answer(
        with_header(R"("succeeded":true, "responses":[{"response_put":{"header":{"revision":"9"}}}, )"
                    R"({"response_delete_range":{"header":{"revision":"9"}, "deleted":"2"}}, )"
                    R"({"response_range":{"header":{"revision":"9"}, "kvs":[)" +
                    std::string(one_key) + R"(], "count":"1"}}])"),
        transaction);
    REQUIRE(done);
    CHECK(done->succeeded);
    CHECK(std::get<DeleteAnswer>(done->answers.at(1)).deleted == 2);
    CHECK(std::get<ReadAnswer>(done->answers.at(2)).pairs.at(0).value == "v1");
    // As recorded: "succeeded" is left out, and so are keys that do not exist.
    const auto refused =
        transaction_answer(with_header(R"("responses":[{"response_range":{"header":{"revision":"9"}}}])"), transaction);
    REQUIRE(refused);
    CHECK_FALSE(refused->succeeded);
    CHECK(std::get<ReadAnswer>(refused->answers.at(0)).pairs.empty());
    for (const char* more : {
             R"("succeeded":true)",
             R"("succeeded":"true", "responses":[])",
             R"("succeeded":true, "responses":7)",
             R"("responses":[])",
             R"("responses":[{}])",
             R"("responses":[{"response_put":{"header":{"revision":"9"}}}])",
             R"("responses":[{"response_range":{}}])",
             R"("responses":[{"response_range":{"header":{"revision":"9"}}}, {}])",
             R"("responses":[{"response_range":{"header":{"revision":"9"}, "kvs":[)"
             R"({"key":"Yg==","create_revision":"2","mod_revision":"3"}]}}])",
         }) {
        CAPTURE(more);
        CHECK(is_malformed(transaction_answer(with_header(more), transaction)));
    }
}

TEST_CASE("a lease that has ended is renewed without a time", "[etcd]") {
    CHECK(grant_answer(with_header(R"("ID":"42", "TTL":"10")"), 42)->time == std::chrono::seconds(10));
    CHECK(is_malformed(grant_answer(with_header(R"("ID":"43", "TTL":"10")"), 42)));
    CHECK(is_malformed(grant_answer(with_header(R"("ID":"42")"), 42)));
    CHECK(is_malformed(grant_answer(with_header(R"("ID":"42", "TTL":"9223372036854775807")"), 42)));
    CHECK(renewal_answer(test::in_result(R"("ID":"42","TTL":"10")") + "\n", 42)->time == std::chrono::seconds(10));
    CHECK(renewal_answer(test::in_result(R"("ID":"42")"), 42)->time == std::chrono::seconds(0));
    CHECK(is_malformed(renewal_answer(test::in_result(R"("ID":"42","TTL":"-10")"), 42)));
    CHECK(is_malformed(renewal_answer(with_header(R"("ID":"42", "TTL":"10")"), 42)));
    const auto failed = renewal_answer(R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader",)"
                                       R"("http_status":"Service Unavailable"}})",
                                       42);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == Fault::Kind::unavailable);
}

TEST_CASE("a token is visible text of a limited size", "[etcd][limits]") {
    CHECK(login_answer(with_header(R"("token":"dpLwGdRfsJpklwsI.25")"))->token == "dpLwGdRfsJpklwsI.25");
    CHECK(login_answer(with_header(R"("token":")" + std::string(limits::token_max, 'x') + "\"")));
    CHECK(is_malformed(login_answer(with_header(R"("token":")" + std::string(limits::token_max + 1, 'x') + "\""))));
    for (const char* more : {"", R"("token":"")", R"("token":5)", R"("token":"a\r\nX: y")", R"("token":"a b")"}) {
        CAPTURE(more);
        CHECK(is_malformed(login_answer(with_header(more))));
    }
}

}  // namespace
}  // namespace ferrotunnel::etcd
