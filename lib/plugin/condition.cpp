#include "plugin/condition.hpp"

#include <exception>

#include "http/path_match.hpp"

namespace ferrotunnel::plugin {
namespace {

/// What a condition may read, by the ids in its vocabulary.
enum class Fact : std::uint32_t { method, path, query, host, headers, size, address, tls, service, note };

constexpr expression::Field fact(std::string_view name, expression::Type type, Fact id) {
    return {name, type, static_cast<std::uint32_t>(id)};
}

constexpr expression::Field request_vocabulary[] = {
    fact("request.method", expression::Type::text, Fact::method),
    fact("request.path", expression::Type::text, Fact::path),
    fact("request.query", expression::Type::text, Fact::query),
    fact("request.host", expression::Type::text, Fact::host),
    fact("request.headers", expression::Type::map, Fact::headers),
    fact("request.size", expression::Type::integer, Fact::size),
    fact("visitor.address", expression::Type::address, Fact::address),
    fact("visitor.tls", expression::Type::boolean, Fact::tls),
    fact("service.name", expression::Type::text, Fact::service),
    fact("note", expression::Type::map, Fact::note),
};

class RequestFacts final : public expression::Facts {
public:
    RequestFacts(const ConditionRequest& request, std::string_view reading, const ConditionMaps& maps) noexcept
        : request_(request), reading_(reading), maps_(maps) {}

    bool boolean(std::uint32_t /*id*/) const override { return request_.tls; }
    std::int64_t integer(std::uint32_t /*id*/) const override { return request_.size; }
    std::string_view text(std::uint32_t id) const override {
        switch (static_cast<Fact>(id)) {
            case Fact::method:
                return request_.method;
            case Fact::path:
                return reading_;
            case Fact::query:
                return request_.query.substr(request_.query.starts_with('?') ? 1 : 0);
            case Fact::host:
                return request_.host;
            case Fact::address:
                return request_.visitor;
            default:
                return request_.service;
        }
    }
    std::optional<std::string_view> entry(std::uint32_t id, std::string_view key) const override {
        return static_cast<Fact>(id) == Fact::headers ? maps_.header(key) : maps_.note(key);
    }

private:
    const ConditionRequest& request_;
    std::string_view reading_;
    const ConditionMaps& maps_;
};

}  // namespace

Result<expression::Expression, expression::Fault> compile_condition(std::string_view source) {
    return expression::Expression::compile(source, request_vocabulary);
}

std::vector<NoteRead> notes_read_by(const expression::Expression& condition) {
    std::vector<NoteRead> found;
    for (const expression::Read& read : condition.reads()) {
        if (static_cast<Fact>(read.id) == Fact::note) {
            found.push_back({read.key, read.place});
        }
    }
    return found;
}

Verdict evaluate(const expression::Expression& condition, const ConditionRequest& request,
                 const ConditionMaps& maps) noexcept {
    http::PathReadings readings;
    if (readings.assign(request.path == "*" ? "/" : request.path) != http::PathFault::none) {
        return Verdict::depends;
    }
    try {
        http::PathBuffer buffer;
        const auto holds = [&](std::size_t i) {
            return condition.holds(RequestFacts(request, readings.reading(i, buffer), maps));
        };
        const bool first = holds(0);
        for (std::size_t i = 1; i < readings.count(); ++i) {
            if (holds(i) != first) {
                return Verdict::depends;
            }
        }
        return first ? Verdict::runs : Verdict::skips;
    } catch (const std::exception&) {  // without memory for a text, no request bypasses the plugin
        return Verdict::depends;
    }
}

}  // namespace ferrotunnel::plugin
