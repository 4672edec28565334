#include "http/refusal.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>

using namespace ferrotunnel::http;

TEST_CASE("refusal: each has a code of its own, words, and a status with a reason") {
    std::set<std::string_view> codes;
    for (int i = 1; i <= static_cast<int>(Fault::truncated); ++i) {
        const Refusal refusal = refusal_of(static_cast<Fault>(i));
        INFO(refusal.code);
        CHECK(codes.insert(refusal.code).second);
        CHECK(refusal.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos);
        CHECK(refusal.text.size() > 10);
        CHECK_FALSE(reason_of(refusal.status).empty());
        CHECK(response_refusal_of(refusal.fault).status == 502);
        CHECK(response_refusal_of(refusal.fault).code == refusal.code);
    }
    CHECK(refusal_of(Fault::none).status == 0);
    CHECK(response_refusal_of(Fault::none).status == 0);
}

TEST_CASE("refusal: reasons") {
    CHECK(reason_of(404) == "Not Found");
    CHECK(reason_of(431) == "Request Header Fields Too Large");
    CHECK(reason_of(299).empty());
}
