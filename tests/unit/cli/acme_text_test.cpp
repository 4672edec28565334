// What `ferrotunnel acme` prints.
#include "cli/acme_text.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace ferrotunnel::cli;

namespace {

Json one_record(const std::string& value, const Json& present) {
    Json record{{"name", "_v.a.test"}, {"value", value}};
    if (present.is_boolean()) {
        record["present"] = present;
    }
    return Json{{"records", Json::array({record})}};
}

}  // namespace

TEST_CASE("a record is a line of a zone file, and a comment about DNS") {
    CHECK(records_text(one_record("ca.test; accounturi=x", true)) ==
          "_v.a.test. IN TXT \"ca.test; accounturi=x\"\n; DNS has this record\n");
    CHECK(records_text(one_record("a", false)) == "_v.a.test. IN TXT \"a\"\n; MISSING in DNS: create it\n");
    Json unknown = one_record("a\"b", Json());
    unknown["records"][0]["problem"] = "no server\x1b[2J";
    CHECK(records_text(unknown) == "_v.a.test. IN TXT \"a\\\"b\"\n; could not be looked up: no server\\x1b[2J\n");
    CHECK(records_text(Json{{"records", Json::array()}}).starts_with("; no record is needed"));
    Json other = one_record("a", false);
    other["records"][0]["others"] = Json::array({"b; c\x1b", "d"});
    CHECK(records_text(other) ==
          "_v.a.test. IN TXT \"a\"\n; MISSING in DNS, which has \"b; c\\x1b\" and \"d\": add this one, or replace the "
          "value of an account that is not used any more\n");
}

TEST_CASE("a value of more than 255 characters is several strings") {
    const std::string piece(255, 'v');
    CHECK(records_text(one_record(piece, true)).starts_with("_v.a.test. IN TXT \"" + piece + "\"\n"));
    CHECK(records_text(one_record(piece + "w", true)).starts_with("_v.a.test. IN TXT \"" + piece + "\" \"w\"\n"));
}

TEST_CASE("all records are there only if DNS has each") {
    CHECK(have_all_records(one_record("a", true)));
    CHECK_FALSE(have_all_records(one_record("a", false)));
    CHECK_FALSE(have_all_records(one_record("a", Json())));
    CHECK(have_all_records(Json{{"records", Json::array()}}));
}

TEST_CASE("names have their states, then their problems, then the accounts") {
    const Json answer = Json::parse(R"({"names": [{"name": "c.test", "state": "waiting", "next": 60, "failures": 2,
        "problem": "no\u001b route", "staging": true}, {"name": "a.test", "state": "valid", "expires": 9000,
        "certificate_authority": "ca.test", "way": "http-01"}], "left_off": 3,
        "accounts": [{"directory": "https://ca.test/d"}], "orders": 1, "failures": 1})");
    CHECK(acme_text(answer) ==
          "NAME    STATE    EXPIRES  NEXT  CA       WAY\n"
          "c.test  waiting  -        now   -        -\n"
          "a.test  valid    EXPIRED  none  ca.test  http-01\n"
          "NEXT none: no client offers the host, or a wildcard covers it\n"
          "... and 3 more\n"
          "\nproblems:\n"
          "  c.test: no\\x1b route (next attempt now), at the CA's staging directory\n"
          "\nACCOUNT AT         URL\n"
          "https://ca.test/d  not registered yet\n");
    CHECK(acme_text(Json::object()).starts_with("no names yet"));
}

TEST_CASE("what is optional is no problem, and a running order is due now") {
    const Json answer = Json::parse(R"({"names": [{"name": "*.a.test", "state": "optional", "next": 60, "failures": 1,
        "problem": "no record"}, {"name": "b.test", "state": "ordering"}]})");
    CHECK(acme_text(answer) ==
          "NAME      STATE     EXPIRES  NEXT  CA  WAY\n"
          "*.a.test  optional  -        now   -   -\n"
          "b.test    ordering  -        now   -   -\n"
          "\noptional:\n"
          "  *.a.test: no record (next attempt now)\n");
}

TEST_CASE("a status without ACME has no line about it") {
    CHECK(acme_lines(Json()).empty());
    const Json acme = Json::parse(R"({"valid": 3, "ordering": 0, "waiting": 1,
        "problems": [{"name": "c.test", "state": "waiting", "problem": "no route"}]})");
    CHECK(acme_lines(acme) ==
          "  ACME         3 valid, 0 being ordered, 1 waiting (`ferrotunnel acme`)\n"
          "               c.test: no route\n");
}
