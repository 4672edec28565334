// What backends of all kinds may make of a path: each does some of a few steps, in an order of its own. Plain functions
// on whole texts, written without a look at the library, so that it can be judged by them.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::test {

/// Which percent-encodings are decoded, once: those of bytes that mean the same either way (RFC 3986: unreserved ones),
/// of these without the dot, or of all bytes.
enum class Decodes { unreserved, unreserved_but_dots, all };

inline std::string decoded(std::string_view path, Decodes which) {
    std::string out;
    for (std::size_t at = 0; at < path.size(); ++at) {
        if (path[at] != '%' || at + 2 >= path.size()) {
            out += path[at];
            continue;
        }
        const auto c = static_cast<char>(std::stoi(std::string(path.substr(at + 1, 2)), nullptr, 16));
        const bool unreserved = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '~' ||
                                (c == '.' && which != Decodes::unreserved_but_dots);
        out += which == Decodes::all || unreserved ? std::string(1, c) : std::string(path.substr(at, 3));
        at += 2;
    }
    return out;
}

inline std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> segments;
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        segments.emplace_back(path.substr(at, end - at));
        at = end + 1;
    }
    return segments;
}

inline std::string joined(const std::vector<std::string>& segments) {
    std::string path;
    for (const std::string& segment : segments) {
        path += '/' + segment;
    }
    return path.empty() ? "/" : path;
}

inline std::string without_parameters(std::string_view path) {
    std::vector<std::string> segments = split(path);
    for (std::string& segment : segments) {
        segment = segment.substr(0, segment.find(';'));
    }
    return joined(segments);
}

inline std::string merged(std::string path) {
    for (std::size_t at = 0; (at = path.find("//")) != std::string::npos;) {
        path.erase(at, 1);
    }
    return path;
}

inline std::string resolved(std::string_view path) {
    std::vector<std::string> kept;
    const std::vector<std::string> segments = split(path);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const bool last = i + 1 == segments.size();
        if (segments[i] == "..") {
            if (!kept.empty()) {
                kept.pop_back();
            }
        } else if (segments[i] != ".") {
            kept.push_back(segments[i]);
            continue;
        }
        if (last) {
            kept.emplace_back();
        }
    }
    return joined(kept);
}

inline std::string with_slashes(std::string path) {
    std::replace(path.begin(), path.end(), '\\', '/');
    return path;
}

/// All results of backends that do some of the steps, each at most once, in any order. Two that have done the same
/// steps and have come to the same text continue alike, so they are followed once.
inline std::vector<std::string> what_backends_read(std::string_view path) {
    constexpr unsigned steps = 5;
    std::array<std::set<std::string>, 1U << steps> after;  // by the steps that are done, a bit each
    after[0] = {decoded(path, Decodes::unreserved), decoded(path, Decodes::unreserved_but_dots)};
    std::set<std::string> all;
    for (unsigned done = 0; done < after.size(); ++done) {
        for (const std::string& text : after[done]) {
            all.insert(text);  // a backend that stops here
            for (unsigned step = 0; step < steps; ++step) {
                if ((done & (1U << step)) == 0) {
                    after[done | (1U << step)].insert(step == 0   ? decoded(text, Decodes::all)
                                                      : step == 1 ? without_parameters(text)
                                                      : step == 2 ? merged(text)
                                                      : step == 3 ? resolved(text)
                                                                  : with_slashes(text));
                }
            }
        }
    }
    return {all.begin(), all.end()};
}

/// The longest of the prefixes that a path is below, as a backend would compare it; empty if it is below none.
inline std::string prefix_of(std::string_view path, const std::vector<std::string>& prefixes) {
    std::string best;
    for (const std::string& prefix : prefixes) {
        if ((std::string(path) + '/').starts_with(prefix + '/') && prefix.size() > best.size()) {
            best = prefix;
        }
    }
    return best;
}

}  // namespace ferrotunnel::test
