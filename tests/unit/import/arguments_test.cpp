// The words of the command line, and what the process list shows of them.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "cli/arguments.hpp"

using namespace ferrotunnel::cli;

namespace {

struct Taken {
    Arguments arguments;
    std::vector<std::string> shown;  // in the process list
};

Taken take(std::vector<std::string> words) {
    words.insert(words.begin(), "ferrotunnel");
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    Taken taken{take_arguments(static_cast<int>(words.size()), argv.data()), {}};
    taken.shown.assign(words.begin() + 1, words.end());
    return taken;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("the command line of another program is not shown", "[arguments][secret]") {
    const Words words{"import", "--dry-run", "--", "ngrok", "http", "--basic-auth", "ann:sesame", "--token", "x"};
    const Taken taken = take(words);
    CHECK(taken.arguments.words == words);
    CHECK(taken.shown ==
          Words{"import", "--dry-run", "--", "ngrok", "****", "************", "**********", "*******", "*"});
    CHECK_FALSE(taken.arguments.token.has_value());
}

TEST_CASE("tokens are not shown", "[arguments][secret]") {
    const Taken taken = take({"tcp", "22", "--token", "secret", "--", "--token=other"});
    CHECK(taken.shown == Words{"tcp", "22", "--token", "******", "--", "--token=*****"});
    REQUIRE(taken.arguments.token.has_value());
    CHECK(taken.arguments.token->reveal() == "other");
    const std::string mistake = "ft1_" + std::string(48, 'a');
    CHECK(take({"tcp", mistake}).shown.back() == std::string(52, '*'));
}
