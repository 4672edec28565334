#include "http/refusal.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
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

TEST_CASE("refusal: docs/http.md has every code, with its status where it is not that of its neighbours") {
    std::ifstream file(std::string(FERROTUNNEL_HTTP_CORPUS) + "/../../../docs/http.md");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    REQUIRE_FALSE(text.empty());
    for (int i = 1; i <= static_cast<int>(Fault::truncated); ++i) {
        const Refusal refusal = refusal_of(static_cast<Fault>(i));
        const std::size_t at = text.find("`" + std::string(refusal.code) + "`");
        INFO(refusal.code);
        REQUIRE(at != std::string::npos);
        // The status: the last number of three digits before the code, on its line, that begins an entry of the table.
        const std::string line = text.substr(text.rfind('\n', at) + 1, at - text.rfind('\n', at) - 1);
        std::string status;
        for (std::size_t j = 0; j + 4 < line.size(); ++j) {
            const bool starts = line.compare(j, 2, "| ") == 0 || line.compare(j, 2, "; ") == 0;
            if (starts && line.find_first_not_of("0123456789", j + 2) == j + 5) {
                status = line.substr(j + 2, 3);
            }
        }
        if (!status.empty() || line.ends_with("502 ")) {
            CHECK(status == std::to_string(refusal.status));
        }
    }
}
