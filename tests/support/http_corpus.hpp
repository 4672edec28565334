// The corpus of HTTP messages in tests/corpus/http: what is sent, and what must come of it. README.md there describes
// the format; unit tests run it through the parsers, and whoever has a whole edge at hand can send it there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::test {

struct HttpCase {
    std::string file;
    std::string name;
    std::string send;                          // unescaped
    std::map<std::string, std::string> facts;  // every other line, by its key, unescaped

    bool has(const std::string& key) const { return facts.count(key) != 0; }
    std::string fact(const std::string& key, const std::string& otherwise = {}) const {
        const auto found = facts.find(key);
        return found == facts.end() ? otherwise : found->second;
    }
};

namespace corpus_detail {

inline int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace corpus_detail

/// Undoes the escapes \r \n \t \\ \xHH, and \{N*TEXT} for TEXT repeated N times (TEXT has escapes, but no '}' ).
inline std::string unescape(std::string_view text) {
    const auto fail = [&](const char* what) { throw std::runtime_error(std::string(what) + ": " + std::string(text)); };
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            plain += text[i];
            continue;
        }
        const char kind = ++i < text.size() ? text[i] : '\0';
        if (kind == 'r' || kind == 'n' || kind == 't' || kind == '\\') {
            plain += kind == 'r' ? '\r' : kind == 'n' ? '\n' : kind == 't' ? '\t' : '\\';
        } else if (kind == 'x' && i + 2 < text.size()) {
            plain +=
                static_cast<char>(corpus_detail::hex_digit(text[i + 1]) * 16 + corpus_detail::hex_digit(text[i + 2]));
            i += 2;
        } else if (kind == '{') {
            const std::size_t star = text.find('*', i);
            const std::size_t end = text.find('}', i);
            if (star == std::string_view::npos || end == std::string_view::npos || star > end) {
                fail("a repetition is \\{N*TEXT}");
            }
            const std::string part = unescape(text.substr(star + 1, end - star - 1));
            for (unsigned long n = std::stoul(std::string(text.substr(i + 1, star - i - 1))); n > 0; --n) {
                plain += part;
            }
            i = end;
        } else {
            fail("an unknown escape");
        }
    }
    return plain;
}

/// Escapes bytes so that a person can read them.
inline std::string escape(std::string_view bytes) {
    std::string text;
    for (char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\r' || c == '\n' || c == '\t' || c == '\\') {
            text += '\\';
            text += c == '\r' ? 'r' : c == '\n' ? 'n' : c == '\t' ? 't' : '\\';
        } else if (byte < 0x20 || byte > 0x7e) {
            char hex[5];
            std::snprintf(hex, sizeof(hex), "\\x%02x", byte);
            text += hex;
        } else {
            text += c;
        }
    }
    return text;
}

/// The cases of one file, in its order. Throws for what is not in the format.
inline std::vector<HttpCase> read_http_cases(const std::filesystem::path& path) {
    std::ifstream in(path);
    if (!in) {
        throw std::runtime_error("cannot read " + path.string());
    }
    std::vector<HttpCase> cases;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (line.empty() || line[0] == '#') {
            continue;
        }
        const std::size_t colon = line.find(": ");
        const std::string key = line.substr(0, colon);
        const std::string value = unescape(colon == std::string::npos ? "" : line.substr(colon + 2));
        if (key == "case") {
            cases.push_back({path.filename().string(), value, {}, {}});
        } else if (cases.empty() || colon == std::string::npos) {
            throw std::runtime_error(path.string() + ":" + std::to_string(number) + ": not KEY: VALUE in a case");
        } else if (key == "send") {
            cases.back().send += value;
        } else {
            cases.back().facts[key] += value;
        }
    }
    return cases;
}

/// The cases of all files whose names begin with `prefix`.
inline std::vector<HttpCase> read_http_corpus(const std::filesystem::path& folder, const std::string& prefix) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(prefix) && name.ends_with(".txt")) {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    std::vector<HttpCase> cases;
    for (const auto& file : files) {
        for (HttpCase& some : read_http_cases(file)) {
            cases.push_back(std::move(some));
        }
    }
    return cases;
}

}  // namespace ferrotunnel::test
