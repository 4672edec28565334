#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "checks.hpp"
#include "functions.hpp"
#include "tokens.hpp"

namespace check {

namespace {

constexpr int columns_max = 120;
constexpr int file_lines_max = 650;
constexpr int function_lines_max = 70;

// Functions above the limit, with their length: the list may shrink but not grow.
constexpr auto ratchet = "tests/check/long_functions.txt";

// A line that must break a rule says why, at its end or on the line before.
constexpr std::string_view exemption = "// allowed: ";

const Folders code = {"lib", "include", "cli", "plugins", "tests", "benchmarks", "docs/examples"};
const Folders product = {"lib", "include", "cli"};
const Folders library = {"lib"};

struct Ban {
    const Folders& folders;
    std::string_view spelling;  // as tokens, blanks do not matter
    std::string_view instead;
};

constexpr auto sized_text = "std::string, fmt::format or std::snprintf with a size";
constexpr auto seeded = "base/random.hpp, which tests can seed";
constexpr auto timer = "a timer of lib/runtime; a worker must never sleep";
constexpr auto logger = "the logger of base/log.hpp";
constexpr auto parser = "std::from_chars, which reports errors";
const Ban bans[] = {
    {code, "std::endl", "'\\n'; a flush per line is slow and rarely meant"},
    {code, "using namespace std;", "the names themselves, or a using declaration in a function"},
    {code, "strcpy(", sized_text},
    {code, "strcat(", sized_text},
    {code, "sprintf(", sized_text},
    {code, "vsprintf(", sized_text},
    {code, "gets(", sized_text},
    {code, "rand(", seeded},
    {code, "srand(", seeded},
    {library, "sleep_for", timer},
    {library, "sleep_until", timer},
    {library, "::sleep(", timer},
    {library, "usleep(", timer},
    {library, "nanosleep(", timer},
    {library, "std::regex", "a hand-written parser; std::regex recurses on its input and is slow"},
    {library, "std::cout", logger},
    {library, "std::cerr", logger},
    {library, "std::clog", logger},
    {library, "printf(", logger},
    {library, "atomic_thread_fence", "orders on the atomics themselves; ThreadSanitizer does not see fences"},
    {library, ").detach()", "a thread that its owner joins"},
    {library, "thread.detach()", "a thread that its owner joins"},
    {library, "thread_.detach()", "a thread that its owner joins"},
    {product, "atoi(", parser},
    {product, "atol(", parser},
    {product, "atof(", parser},
    {product, "atoll(", parser},
    {product, "strtok(", parser},
    {product, "const_cast<", "a type that is right from the start"},
    {product, "NULL", "nullptr"},
};

bool is_exempt(const std::vector<std::string_view>& lines, int number) {
    for (int near : {number, number - 1}) {
        if (near > 0 && lines[static_cast<std::size_t>(near) - 1].find(exemption) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

// The width of a line in code points: a byte 10xxxxxx continues the character before it.
int columns_of(std::string_view line) {
    return static_cast<int>(
        std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void check_text(const Source& source, const std::vector<std::string_view>& lines, Findings& findings) {
    int number = 0;
    for (std::string_view line : lines) {
        const auto add = [&, at = source.at(++number)](const std::string& what) { findings.push_back(at + what); };
        if (line.find('\t') != std::string_view::npos) {
            add("a tab; indent with spaces");
        }
        if (columns_of(line) > columns_max) {
            add(std::to_string(columns_of(line)) + " columns; at most " + std::to_string(columns_max));
        }
        if (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) {
            add("blanks at the end of the line");
        }
    }
    if (!source.text.empty() && !source.text.ends_with('\n')) {
        findings.push_back(source.at(number) + "no newline at the end");
    }
    if (source.is_header() && source.text.find("#pragma once") == std::string::npos) {
        findings.push_back(source.at(1) + "no #pragma once");
    }
    if (source.is_under_any(product) && number > file_lines_max) {
        findings.push_back(source.at(number) + std::to_string(number) + " lines; at most " +
                           std::to_string(file_lines_max) + ": split it by subject");
    }
}

void check_bans(const Source& source, const std::vector<std::string_view>& lines, const std::vector<Token>& tokens,
                Findings& findings) {
    const auto same = [](const Token& a, const Token& b) { return a.text == b.text; };
    for (const Ban& ban : bans) {
        if (!source.is_under_any(ban.folders) || source.text.empty()) {
            continue;
        }
        const std::vector<Token> wanted = tokens_of(ban.spelling);
        auto at = tokens.begin();
        while ((at = std::search(at, tokens.end(), wanted.begin(), wanted.end(), same)) != tokens.end()) {
            if (!is_exempt(lines, at->line)) {
                findings.push_back(source.at(at->line) + "`" + std::string(ban.spelling) + "`: use " +
                                   std::string(ban.instead));
            }
            ++at;
        }
    }
}

void check_macros(const Source& source, const std::vector<Token>& tokens, Findings& findings) {
    for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
        const bool defines = tokens[i].in_directive && tokens[i].text == "#" && tokens[i + 1].text == "define";
        if (defines && tokens[i + 2].text != "FERROTUNNEL_EXPORT") {
            findings.push_back(source.at(tokens[i].line) + "`#define " + std::string(tokens[i + 2].text) +
                               "`: use constexpr, templates or functions: public headers define no macro but "
                               "FERROTUNNEL_EXPORT");
        }
    }
}

using Place = std::pair<std::string, std::string>;  // path, function

std::map<Place, int> read_ratchet(const std::filesystem::path& root) {
    std::map<Place, int> allowed;
    const std::string text = read_text(root / ratchet);
    for (std::string_view line : lines_of(text)) {
        std::istringstream words{std::string(line)};
        Place place;
        int lines = 0;
        if (!line.starts_with('#') && words >> place.first >> place.second >> lines) {
            allowed[place] = lines;
        }
    }
    return allowed;
}

void check_functions(const Source& source, const std::vector<Token>& tokens, std::map<Place, int>& allowed,
                     Findings& findings) {
    for (const Function& function : functions_in(tokens)) {
        if (function.lines <= function_lines_max) {
            continue;
        }
        const auto entry = allowed.extract({source.path, function.name});
        const int limit = entry.empty() ? function_lines_max : entry.mapped();
        const std::string lines = std::to_string(function.lines) + " lines";
        if (function.lines > limit) {
            findings.push_back(source.at(function.line) + function.name + " has " + lines + "; at most " +
                               std::to_string(limit) + ": split it");
        } else if (function.lines < limit) {
            findings.push_back(std::string(ratchet) + ": " + source.path + " " + function.name + " has shrunk to " +
                               lines + ": lower its entry");
        }
    }
}

}  // namespace

Findings check_style(const std::filesystem::path& root) {
    Findings findings;
    std::map<Place, int> allowed = read_ratchet(root);
    for (const Source& source : sources_under(root, code)) {
        const std::vector<std::string_view> lines = lines_of(source.text);
        const std::vector<Token> tokens = tokens_of(source.text);
        check_text(source, lines, findings);
        check_bans(source, lines, tokens, findings);
        if (source.is_under("include")) {
            check_macros(source, tokens, findings);
        }
        if (source.is_under_any(product)) {
            check_functions(source, tokens, allowed, findings);
        }
    }
    for (const auto& [place, lines] : allowed) {
        findings.push_back(std::string(ratchet) + ": " + place.first + " " + place.second +
                           " is no longer too long: delete its entry");
    }
    return findings;
}

}  // namespace check
