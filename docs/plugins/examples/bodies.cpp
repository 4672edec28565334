// Three plugins that look at bodies: one that reads an upload before it continues, one that makes another body of it,
// and one that only counts.
#include <cstdint>
#include <ferrotunnel/plugin.hpp>
#include <memory>
#include <string>
#include <utility>

using namespace ferrotunnel::plugin;

namespace {

bool is_below(Text path, const std::string& prefix) {
    return path.substr(0, prefix.size()) == prefix;
}

/// Refuses uploads in which a word stands. All of the upload is read before the backend hears of it.
class WordFilter final : public Plugin {
public:
    static constexpr Description description{.name = "word-filter",
                                             .version = "1.0",
                                             .schema = R"({"type": "object", "required": ["word"], "properties": {
            "path": {"type": "string", "default": "/"},
            "word": {"type": "string"},
            "max": {"type": "integer", "default": 65536}}})",
                                             .guard = true};

    explicit WordFilter(const Settings& settings)
        : path_(settings.text("path").value()),
          word_(settings.text("word").value()),
          max_(static_cast<std::size_t>(settings.integer("max").value())) {}

    Decision on_request(Exchange& exchange) override {
        if (!is_below(exchange.path(), path_)) {
            return Decision::go_on();
        }
        return exchange.collect(max_, [this](Exchange& with_body, Text body) {
            if (body.find(word_) != Text::npos) {
                return Decision::reject(403, "bad_word");
            }
            with_body.set(Side::request, "X-Read", std::to_string(body.size()));
            return Decision::go_on();
        });
    }

private:
    std::string path_;
    std::string word_;
    std::size_t max_;
};

/// Turns letters by 13 places, in both directions.
class Rot13 final : public Plugin {
public:
    static constexpr Description description{
        .name = "rot13",
        .version = "1.0",
        .schema = R"({"type": "object", "properties": {"path": {"type": "string", "default": "/"}}})"};

    explicit Rot13(const Settings& settings) : path_(settings.text("path").value()) {}

    Decision on_request(Exchange& exchange) override {
        if (is_below(exchange.path(), path_)) {
            exchange.transform(Side::request, std::make_unique<Filter>());
        }
        return Decision::go_on();
    }
    Decision on_response(Exchange& exchange) override {
        if (is_below(exchange.path(), path_)) {
            exchange.transform(Side::response, std::make_unique<Filter>());
        }
        return Decision::go_on();
    }

private:
    class Filter final : public BodyFilter {
    public:
        void chunk(Text in, bool /*last*/, Sink& out) override {
            turned_.assign(in);
            for (char& c : turned_) {
                const char first = c >= 'a' && c <= 'z' ? 'a' : 'A';
                if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
                    c = static_cast<char>(first + (c - first + 13) % 26);
                }
            }
            out.write(turned_);
        }

    private:
        std::string turned_;
    };

    std::string path_;
};

/// Writes to the log how long the bodies of answers were that had no Content-Length.
class BodyLog final : public Plugin {
public:
    static constexpr Description description{.name = "body-log", .version = "1.0"};

    Decision on_response(Exchange& exchange) override {
        if (!exchange.field(Side::response, "Content-Length")) {
            exchange.observe(Side::response, [this, n = std::uint64_t{0}](Text piece, bool last) mutable {
                n += piece.size();
                if (last) {
                    log(Level::info, "a body of " + std::to_string(n) + " bytes");
                }
            });
        }
        return Decision::go_on();
    }
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
    return library<WordFilter, Rot13, BodyLog>(host);
}
