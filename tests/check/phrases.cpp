// Wording of what people read: phrases that are foreign to the field, as tests/check/phrases.txt lists them.
#include <algorithm>
#include <cctype>
#include <map>

#include "checks.hpp"

namespace check {

namespace {

constexpr auto list = "tests/check/phrases.txt";
constexpr std::string_view excuse = "allowed: ";

const Folders spoken = {"lib", "cli", "plugins"};  // their string literals
const Folders written = {"include"};               // whole, as documents are

using Phrases = std::map<std::string, std::string>;  // in small letters -> what to use instead

Phrases read_phrases(const std::filesystem::path& root) {
    Phrases phrases;
    const std::string text = read_text(root / list);
    for (const std::string_view line : lines_of(text)) {
        const std::size_t arrow = line.find(" => ");
        if (!line.starts_with('#') && arrow != std::string_view::npos) {
            phrases.emplace(line.substr(0, arrow), line.substr(arrow + 4));
        }
    }
    return phrases;
}

// What is between quotes on the line, or in a raw literal that begins there; comments are left out.
std::string literals_of(std::string_view line) {
    std::string literals;
    bool is_inside = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (is_inside && line[i] == '\\') {
            ++i;
        } else if (line[i] == '"' && (i == 0 || line[i - 1] != '\'')) {
            is_inside = !is_inside;
        } else if (is_inside) {
            literals += line[i];
        } else if (line.substr(i).starts_with("//")) {
            break;
        }
    }
    return literals;
}

bool is_letter(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool has_phrase(std::string_view text, std::string_view phrase) {
    for (std::size_t at = text.find(phrase); at != std::string_view::npos; at = text.find(phrase, at + 1)) {
        const std::size_t end = at + phrase.size();
        const bool is_word = at == 0 || !is_letter(text[at - 1]);
        const bool is_plain = text.substr(0, at).ends_with("there ");  // "there is no address"
        if (is_word && !is_plain && (end == text.size() || !is_letter(text[end]))) {
            return true;
        }
    }
    return false;
}

void check_lines(const Source& source, bool only_literals, const Phrases& phrases, Findings& findings) {
    std::string_view before;
    int number = 0;
    for (const std::string_view line : lines_of(source.text)) {
        ++number;
        std::string text = only_literals ? literals_of(line) : std::string(line);
        std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
        const bool is_exempt =
            line.find(excuse) != std::string_view::npos || before.find(excuse) != std::string_view::npos;
        for (const auto& [phrase, instead] : phrases) {
            if (!is_exempt && has_phrase(text, phrase)) {
                findings.push_back(source.at(number) + "\"" + phrase + "\": use \"" + instead + "\"");
            }
        }
        before = line;
    }
}

std::vector<Source> documents_under(const std::filesystem::path& root) {
    std::vector<Source> documents;
    for (const char* file : {"README.md", "CHANGELOG.md"}) {
        documents.push_back({file, read_text(root / file)});
    }
    if (std::filesystem::is_directory(root / "docs")) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "docs")) {
            if (entry.path().extension() == ".md") {
                documents.push_back(
                    {std::filesystem::relative(entry.path(), root).generic_string(), read_text(entry.path())});
            }
        }
    }
    return documents;
}

}  // namespace

Findings check_phrases(const std::filesystem::path& root) {
    Findings findings;
    const Phrases phrases = read_phrases(root);
    for (const Source& source : sources_under(root, spoken)) {
        if (!source.path.ends_with("_test.cpp") && source.path.find("_for_tests") == std::string::npos) {
            check_lines(source, true, phrases, findings);
        }
    }
    for (const Source& source : sources_under(root, written)) {
        check_lines(source, false, phrases, findings);
    }
    for (const Source& source : documents_under(root)) {
        check_lines(source, false, phrases, findings);
    }
    std::sort(findings.begin(), findings.end());
    return findings;
}

}  // namespace check
