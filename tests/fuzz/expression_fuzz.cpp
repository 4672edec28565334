// The input is an expression; behind a byte 0 there may be a text, which all that it looks at has as its value. It is
// either compiled, and then says the same each time, or there is one fault, whose place is in the source and whose
// words are safe to print.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/text.hpp"
#include "expression/expression.hpp"
#include "expression/limits.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;
using namespace ferrotunnel::expression;

namespace {

constexpr Field fields[] = {{"request.path", Type::text, 1},       {"request.headers", Type::map, 2},
                            {"request.size", Type::integer, 3},    {"visitor.tls", Type::boolean, 4},
                            {"visitor.address", Type::address, 5}, {"note", Type::map, 6}};

class SameFacts final : public Facts {
public:
    explicit SameFacts(std::string_view value) noexcept : value_(value) {}

    bool boolean(std::uint32_t id) const override {
        require(id == 4);
        return !value_.empty();
    }
    std::int64_t integer(std::uint32_t id) const override {
        require(id == 3);
        return static_cast<std::int64_t>(value_.size());
    }
    std::string_view text(std::uint32_t id) const override {
        require(id == 1 || id == 5);
        return value_;
    }
    std::optional<std::string_view> entry(std::uint32_t id, std::string_view key) const override {
        require(id == 2 || id == 6);
        return key.size() % 2 == 0 ? std::optional(value_) : std::nullopt;
    }

private:
    std::string_view value_;
};

void require_in(const Place& place, std::string_view source) {
    require(place.line >= 1 && place.column >= 1);
    for (std::size_t line = 1; line < place.line; ++line) {
        require(source.find('\n') != std::string_view::npos);
        source.remove_prefix(source.find('\n') + 1);
    }
    require(place.column <= source.substr(0, source.find('\n')).size() + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(input.find('\0'), size);
    const std::string_view source = input.substr(0, end);
    const auto expression = Expression::compile(source, fields);
    if (!expression) {
        const Fault& fault = expression.error();
        require_in(fault.place, source);
        require(!fault.text.empty() && fault.text.size() < 400 && is_printable(fault.text));
        return 0;
    }
    require(source.size() <= limits::expression_source_max);
    for (const Read& read : expression->reads()) {
        require(read.id == 2 || read.id == 6);
        require_in(read.place, source);
    }
    const SameFacts facts(input.substr(std::min(end + 1, size)));
    require(expression->holds(facts) == expression->holds(facts));
    return 0;
}
