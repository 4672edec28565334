// YAML and JSON, by yaml-cpp.
#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "parsers.hpp"

namespace ferrotunnel::cli::importing {
namespace {

std::size_t line_of(const YAML::Mark& mark) {
    return mark.line < 0 ? 0 : static_cast<std::size_t>(mark.line) + 1;
}

Value::Kind kind_of_plain(const std::string& text) {
    if (text == "true" || text == "false") {
        return Value::Kind::boolean;
    }
    return !text.empty() && text.find_first_not_of("+-0123456789.") == std::string::npos ? Value::Kind::number
                                                                                         : Value::Kind::text;
}

class YamlReader {
public:
    Value read(const YAML::Node& node, std::size_t line, std::size_t depth) {
        counter_.count(line, depth);
        Value value{.line = line};
        switch (node.Type()) {
            case YAML::NodeType::Scalar:
                value.scalar = node.Scalar();
                value.kind = node.Tag() == "!" ? Value::Kind::text : kind_of_plain(value.scalar);
                break;
            case YAML::NodeType::Sequence:
                value.kind = Value::Kind::list;
                for (const YAML::Node& item : node) {
                    value.items.push_back(read(item, line_of(item.Mark()), depth + 1));
                }
                break;
            case YAML::NodeType::Map:
                value.kind = Value::Kind::map;
                read_members(node, depth, value);
                break;
            case YAML::NodeType::Null:
            case YAML::NodeType::Undefined:
                break;
        }
        return value;
    }

private:
    void read_members(const YAML::Node& node, std::size_t depth, Value& map) {
        std::vector<Value> merged;  // values of `<<`, the merge key of YAML 1.1
        std::set<std::string> known;
        for (const auto& member : node) {
            const std::size_t at = line_of(member.first.Mark());
            if (!member.first.IsScalar()) {
                throw ParseError(at, "a key that is not a text is not supported");
            }
            Value value = read(member.second, at, depth + 1);
            if (member.first.Scalar() == "<<" && member.first.Tag() != "!") {
                merged.push_back(std::move(value));
            } else if (known.insert(member.first.Scalar()).second) {
                map.members.emplace_back(member.first.Scalar(), std::move(value));
            } else {  // the other tunnels do not accept it either, and one of both may be a guard without a value
                throw ParseError(at, "a key is there twice");
            }
        }
        for (Value& each : merged) {
            merge(each, map, known);
        }
    }

    /// Adds the members of a map, or of each map of a list, that are not known yet.
    static void merge(Value& from, Value& map, std::set<std::string>& known) {
        for (Value& item : from.items) {
            merge(item, map, known);
        }
        for (Value::Member& member : from.members) {
            if (known.insert(member.first).second) {
                map.members.push_back(std::move(member));
            }
        }
        if (from.is_scalar() && !from.scalar.empty()) {
            throw ParseError(from.line, "the value of the merge key `<<` is not a map");
        }
    }

    ValueCounter counter_;
};

}  // namespace

Value parse_yaml(const std::string& text) {
    try {
        const YAML::Node root = YAML::Load(text);
        if (!root.IsMap()) {
            throw ParseError(1, "the file does not consist of keys with values");
        }
        return YamlReader().read(root, 1, 0);
    } catch (const YAML::Exception& error) {
        throw ParseError(line_of(error.mark), "is not valid YAML or JSON: " + error.msg);
    }
}

}  // namespace ferrotunnel::cli::importing
