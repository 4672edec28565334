#include "base/text.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace ferrotunnel {

TEST_CASE("texts in quotes are short, and cut between characters", "[quote]") {
    CHECK(in_quotes("x") == "\"x\"");
    CHECK(in_quotes("") == "\"\"");
    CHECK(in_quotes(std::string(60, 'x')) == '"' + std::string(60, 'x') + '"');
    CHECK(in_quotes(std::string(61, 'x')) == '"' + std::string(60, 'x') + "...\"");
    CHECK(in_quotes(std::string(59, 'x') + "\xe2\x82\xac") == '"' + std::string(59, 'x') + "...\"");
}

}  // namespace ferrotunnel
