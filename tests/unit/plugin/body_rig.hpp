// What tests of bodies share: filters and looks that do what the test says, and a body sent through a run.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ferrotunnel/plugin.hpp"
#include "hooks/http_run.hpp"

namespace ferrotunnel::test {

/// A filter made of functions.
class Made final : public plugin::BodyFilter {
public:
    using Chunk = std::function<void(plugin::Text in, bool last, plugin::Sink& out)>;
    using Pull = std::function<void(plugin::Sink& out)>;

    explicit Made(Chunk chunk, Pull pull = {}) : chunk_(std::move(chunk)), pull_(std::move(pull)) {}
    void chunk(plugin::Text in, bool last, plugin::Sink& out) override { chunk_(in, last, out); }
    void pull(plugin::Sink& out) override { pull_(out); }

    static std::unique_ptr<plugin::BodyFilter> of(Chunk chunk, Pull pull = {}) {
        return std::make_unique<Made>(std::move(chunk), std::move(pull));
    }

private:
    Chunk chunk_;
    Pull pull_;
};

inline char rotated(char c) {
    const auto turn = [c](char first) { return static_cast<char>(first + (c - first + 13) % 26); };
    return c >= 'a' && c <= 'z' ? turn('a') : c >= 'A' && c <= 'Z' ? turn('A') : c;
}

inline std::string rot13(std::string_view text) {
    std::string all(text);
    for (char& c : all) {
        c = rotated(c);
    }
    return all;
}

inline std::unique_ptr<plugin::BodyFilter> rot13_filter() {
    return Made::of([](plugin::Text in, bool, plugin::Sink& out) { out.write(rot13(in)); });
}

/// Puts the whole length of the body behind it.
inline std::unique_ptr<plugin::BodyFilter> counting_filter() {
    return Made::of([n = std::size_t{0}](plugin::Text in, bool last, plugin::Sink& out) mutable {
        n += in.size();
        out.write(in);
        if (last) {
            out.write("=" + std::to_string(n));
        }
    });
}

/// Sends a body through a way in these pieces, and returns what comes out. Takes as soon as there is something.
inline std::string pass(hooks::BodyFilters& way, std::string_view body, std::size_t piece) {
    std::string out;
    bool has_all = false;
    while (way.state() == hooks::BodyFilters::State::open) {
        if (const buffer::Slice made = way.take(); !made.empty()) {
            out += as_text(made.bytes());
        } else if (way.state() == hooks::BodyFilters::State::open) {
            if (has_all || !way.accepts()) {
                return out + "<stuck>";
            }
            const std::string_view part = body.substr(0, piece);
            body.remove_prefix(part.size());
            has_all = body.empty();
            way.put(part, has_all);
        }
    }
    return out;
}

}  // namespace ferrotunnel::test
