#include "h2/answer_rules.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "support/h2_backend.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::h2;
using ferrotunnel::test::H2Fields;

namespace {

AnswerRules after_status(std::string_view status, http::Method method = http::Method::get) {
    AnswerRules rules;
    rules.begin(method);
    CHECK(rules.field(":status", status) == AnswerRules::Verdict::keep);
    return rules;
}

// Whether a whole head keeps to the rules.
bool is_well_formed(const H2Fields& fields, bool last = false) {
    AnswerRules rules;
    rules.begin(http::Method::get);
    for (const auto& [name, value] : fields) {
        if (rules.field(name, value) == AnswerRules::Verdict::malformed) {
            return false;
        }
    }
    return rules.end_of_fields(last);
}

}  // namespace

TEST_CASE("answer rules: the pseudo-field") {
    CHECK(is_well_formed({{":status", "200"}, {"a", "b"}}));
    for (const H2Fields& fields : {H2Fields{},
                                   {{"a", "b"}},
                                   {{"a", "b"}, {":status", "200"}},
                                   {{":status", "200"}, {":status", "200"}},
                                   {{":status", "200"}, {":path", "/"}},
                                   {{":Status", "200"}},
                                   {{":status", ""}},
                                   {{":status", "20"}},
                                   {{":status", "2000"}},
                                   {{":status", "2 0"}},
                                   {{":status", "+20"}},
                                   {{":status", "099"}},
                                   {{":status", "101"}}}) {
        CHECK_FALSE(is_well_formed(fields));
    }
}

TEST_CASE("answer rules: fields that could be more than a field in HTTP/1.1") {
    for (const char* name : {"Upper", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
        INFO(name);
        CHECK(after_status("200").field(name, "x") == AnswerRules::Verdict::malformed);
    }
    CHECK(after_status("200").field("http2-settings", "x") == AnswerRules::Verdict::drop);
    CHECK(after_status("200").field("te", "gzip") == AnswerRules::Verdict::malformed);
    CHECK(after_status("200").field("te", "trailers") == AnswerRules::Verdict::keep);
    for (const char* name : {"", "a b", "a\r\nb", "a:b", "\xc3\xa4"}) {
        INFO(name);
        CHECK(after_status("200").field(name, "x") == AnswerRules::Verdict::drop);
    }
    for (const std::string& value : {std::string("a\r\nb: c"), std::string("a\nb"), std::string("a\0b", 3)}) {
        CHECK(after_status("200").field("a", value) == AnswerRules::Verdict::drop);
    }
}

TEST_CASE("answer rules: a declared length is that of the body") {
    for (const char* length : {"", "-1", "+5", "5x", " 5", "0x5", "5,5", "99999999999999999999"}) {
        INFO(length);
        CHECK(after_status("200").field("content-length", length) == AnswerRules::Verdict::malformed);
    }
    AnswerRules rules = after_status("200");
    CHECK(rules.field("content-length", "5") == AnswerRules::Verdict::keep);
    SECTION("twice") {
        CHECK(rules.field("content-length", "5") == AnswerRules::Verdict::malformed);
    }
    SECTION("none of it") {
        CHECK_FALSE(rules.end_of_fields(true));
    }
    SECTION("too little") {
        CHECK(rules.end_of_fields(false));
        CHECK(rules.data(4));
        CHECK_FALSE(rules.end());
        CHECK_FALSE(rules.end_of_fields(true));
    }
    SECTION("all of it") {
        CHECK(rules.end_of_fields(false));
        CHECK(rules.data(4));
        CHECK(rules.data(1));
        CHECK(rules.end());
        CHECK(rules.end_of_fields(true));
    }
    SECTION("too much") {
        CHECK(rules.end_of_fields(false));
        CHECK(rules.data(5));
        CHECK_FALSE(rules.data(1));
    }
}

TEST_CASE("answer rules: without a body a length is about nothing") {
    AnswerRules no_content = after_status("204");
    CHECK(no_content.field("content-length", "5") == AnswerRules::Verdict::drop);
    CHECK(no_content.end_of_fields(true));
    CHECK_FALSE(no_content.data(5));
    AnswerRules not_modified = after_status("304");
    CHECK(not_modified.field("content-length", "5") == AnswerRules::Verdict::keep);
    CHECK(not_modified.end_of_fields(true));
    AnswerRules head = after_status("200", http::Method::head);
    CHECK(head.field("content-length", "5") == AnswerRules::Verdict::keep);
    CHECK(head.end_of_fields(false));
    CHECK(head.data(0));
    CHECK(head.end());
    CHECK_FALSE(head.data(1));
}

TEST_CASE("answer rules: interim heads, and trailers") {
    AnswerRules rules = after_status("103");
    CHECK(rules.field("link", "x") == AnswerRules::Verdict::keep);
    CHECK_FALSE(rules.data(1));
    CHECK(rules.end_of_fields(false));
    CHECK(rules.field(":status", "200") == AnswerRules::Verdict::keep);
    CHECK(rules.end_of_fields(false));
    CHECK(rules.field(":status", "200") == AnswerRules::Verdict::malformed);
    CHECK(rules.field("grpc-status", "0") == AnswerRules::Verdict::keep);
    CHECK(rules.end_of_fields(true));
    CHECK_FALSE(rules.end_of_fields(true));
    CHECK_FALSE(is_well_formed({{":status", "103"}}, true));
    CHECK_FALSE(is_well_formed({{":status", "103"}, {"content-length", "0"}}));
    AnswerRules open = after_status("200");
    CHECK(open.end_of_fields(false));
    CHECK_FALSE(open.end_of_fields(false));  // trailers end the answer
}
