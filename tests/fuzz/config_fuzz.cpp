// The input is a configuration file. Whatever it is, reading it ends, in bounded memory; every value that is there can
// be asked for as every type; and each question gets a value or adds a finding to the report, never neither.
#include <cstdint>
#include <string_view>

#include "base/limits.hpp"
#include "config/document.hpp"
#include "config/reader.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;
using namespace ferrotunnel::config;

namespace {

std::optional<std::string> environment(const std::string& name) {
    return name.size() % 2 == 0 ? std::optional<std::string>("value of " + name) : std::nullopt;
}

// Asks for one value as one type: either it has that type, or the report has grown.
template <typename Ask>
void answers(Report& report, Ask ask) {
    (void)report.take();
    const bool has_value = ask();
    require(has_value == report.empty());
}

void ask_all(const Node& node, Context& context, std::size_t depth) {
    require(depth <= limits::config_nesting_max + 1);  // a value within the innermost list
    require(node.kind == Node::Kind::list || node.items.empty());
    require(node.kind == Node::Kind::map || node.entries.empty());
    require(node.place.line >= 1 && node.place.column >= 1);
    Report& report = context.report;
    const Value value(node, context, "key", node.place);
    answers(report, [&] { return value.text().has_value(); });
    answers(report, [&] { return value.word().has_value(); });
    answers(report, [&] { return value.boolean().has_value(); });
    answers(report, [&] { return value.number(1, 1'000'000).has_value(); });
    answers(report, [&] { return value.time().has_value(); });
    answers(report, [&] { return value.size(1, 1'000'000).has_value(); });
    answers(report, [&] { return value.choice({"one", "two"}).has_value(); });
    answers(report, [&] { return value.path().has_value(); });
    for (const Node& item : node.items) {
        ask_all(item, context, depth + 1);
    }
    for (const Entry& entry : node.entries) {
        ask_all(entry.value, context, depth + 1);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Report report;
    const Node root = parse_document({reinterpret_cast<const char*>(data), size}, report);
    require(root.kind == Node::Kind::map);
    Context context{report, environment, "/folder", {}};
    Section section(root, context, "", {1, 1});
    section.find("server");
    section.find("client");
    section.finish();
    require(report.take().size() <= limits::config_problems_max + 1);
    ask_all(root, context, 1);
    return 0;
}
