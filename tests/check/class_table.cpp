#include "class_table.hpp"

#include <utility>

#include "tokens.hpp"

namespace check {

namespace {

// An unnamed namespace leaves an empty name, and is of one file.
std::string full_name(const std::string& name, const std::string& file) {
    const bool is_unnamed = name.starts_with("::") || name.find("::::") != std::string::npos;
    return is_unnamed ? file + ":" + name : name;
}

}  // namespace

Sizes KnownClass::sizes() const {
    return {found.size.functions, found.size.members, found.size.bools, static_cast<int>(files.size())};
}

ClassTable::ClassTable(const std::vector<Source>& sources) {
    std::vector<std::pair<std::string, OutsideFunction>> functions;
    for (const Source& source : sources) {
        ClassesOfFile found = classes_in(tokens_of(source.text));
        for (Class& one : found.classes) {
            const std::string name = full_name(one.name, source.path);
            classes_.try_emplace(name, KnownClass{std::move(one), source.path, {source.path}});
        }
        for (OutsideFunction& function : found.functions) {
            functions.emplace_back(source.path, std::move(function));
        }
    }
    for (const auto& [file, function] : functions) {
        if (const auto one = classes_.find(resolve(function.scope, function.class_name, file)); one != classes_.end()) {
            one->second.files.insert(file);
        }
    }
}

std::string ClassTable::resolve(std::string scope, const std::string& name, const std::string& file) const {
    while (true) {
        if (const std::string full = full_name(scope + name, file); classes_.contains(full)) {
            return full;
        }
        if (scope.empty()) {
            return {};
        }
        scope.resize(scope.size() - 2);
        const auto colon = scope.rfind("::");
        scope.resize(colon == std::string::npos ? 0 : colon + 2);
    }
}

}  // namespace check
