// Files that somebody broke: whatever they are, reading ends, says why, and never accepts what can then not be compared
// or built. The kept inputs are those of the fuzz target in tests/fuzz, which sees lib/config alone.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "settings/file.hpp"
#include "support/load.hpp"

namespace ferrotunnel {
namespace {

constexpr unsigned mutants_per_file = ferrotunnel::test::slow_build ? 100 : 400;
constexpr std::string_view secret = "hunter2hunter2hunter2";

std::vector<std::string> corpus() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(FERROTUNNEL_SOURCE) + "/tests/fuzz/corpus/config")) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> texts;
    for (const auto& path : paths) {
        std::ifstream in(path, std::ios::binary);
        texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return texts;
}

class Mutator {
public:
    explicit Mutator(const std::vector<std::string>& texts) : texts_(texts) {}

    std::string mutant_of(std::string text) {
        for (std::size_t left = 1 + below(4); left > 0; --left) {
            change(text);
        }
        return text;
    }

private:
    std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

    void change(std::string& text) {
        static const std::vector<std::string> pieces{":",
                                                     ": ",
                                                     "- ",
                                                     "[",
                                                     "]",
                                                     "{",
                                                     "}",
                                                     ",",
                                                     "\n",
                                                     "  ",
                                                     "\t",
                                                     "\"",
                                                     "'",
                                                     "#",
                                                     "&a ",
                                                     "*a",
                                                     "<<: ",
                                                     "!!str ",
                                                     "|\n",
                                                     ">\n",
                                                     "---\n",
                                                     "...\n",
                                                     "? ",
                                                     "${",
                                                     "}",
                                                     "$$",
                                                     "$",
                                                     "~",
                                                     "null",
                                                     "\xc3",
                                                     "\xe2\x82\xac",
                                                     "\\x00",
                                                     "%",
                                                     "@",
                                                     "`",
                                                     "0",
                                                     "-1",
                                                     "99999999999999999999",
                                                     "1e9",
                                                     "off",
                                                     "token",
                                                     "services",
                                                     "env:",
                                                     "file:"};
        const std::size_t at = below(text.size() + 1);
        switch (below(6)) {
            case 0:
                text.insert(at, pieces[below(pieces.size())]);
                break;
            case 1:
                text.erase(at, 1 + below(8));
                break;
            case 2:
                if (at < text.size()) {
                    text[at] = static_cast<char>(below(256));
                }
                break;
            case 3:
                text.resize(at);
                break;
            case 4: {
                const std::string& other = texts_[below(texts_.size())];
                text.insert(at, other.substr(below(other.size() + 1), 1 + below(40)));
                break;
            }
            default:
                text.insert(at, text.substr(below(text.size() + 1), 1 + below(40)));
                break;
        }
    }

    const std::vector<std::string>& texts_;
    std::mt19937 random_{20261120};  // allowed: the same mutants in every run
};

detail::ConfigFile read_mutant(const std::string& text) {
    return detail::read_config({text, "/nonexistent/f.yml", false, [](const std::string& name) {
                                    return name == "SECRET" ? std::optional(std::string(secret)) : std::nullopt;
                                }});
}

void check_reading(const std::string& text) {
    INFO("as a C string, cut at 0: " << text.c_str());
    const detail::ConfigFile file = read_mutant(text);
    CHECK(file.values == read_mutant(text).values);
    unsigned line = 0;
    for (const Problem& problem : file.problems) {
        if (problem.text.empty() || problem.line < line || problem.file != "/nonexistent/f.yml" ||
            to_text(problem).find(secret) != std::string::npos) {
            FAIL_CHECK(to_text(problem));
        }
        line = problem.line;
    }
    std::vector<Problem> problems;
    const Config config = Config::try_parse(text, "/nonexistent/f.yml", problems);
    if (config.has_server()) {
        (void)config.server().check();
    }
    if (config.has_client()) {
        (void)config.client().check();
    }
    if (problems.empty() && config.has_client()) {
        for (const Tcp& tcp : config.client_section().services) {
            CHECK_FALSE(tcp.name.empty());
        }
    }
}

}  // namespace

TEST_CASE("kept inputs and their mutants are read to an end", "[config-random]") {
    const std::vector<std::string> texts = corpus();
    REQUIRE(texts.size() >= 30);
    Mutator mutator(texts);
    for (const std::string& text : texts) {
        check_reading(text);
        for (unsigned i = 0; i < mutants_per_file; ++i) {
            check_reading(mutator.mutant_of(text));
        }
    }
}

}  // namespace ferrotunnel
