// The classes of the product, with the files that define them.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "classes.hpp"
#include "sources.hpp"

namespace check {

// What the check counts, in the order in which the list has it.
struct Bound {
    std::string_view what;
    int most;
};
constexpr std::array<Bound, 4> class_bounds{{{"functions", 60}, {"members", 30}, {"bools", 5}, {"files", 3}}};
using Sizes = std::array<int, class_bounds.size()>;

struct KnownClass {
    Class found;
    std::string file;             // of its body
    std::set<std::string> files;  // of its body and of its functions

    Sizes sizes() const;

    // A struct that hides nothing and has no function that changes it.
    bool is_values() const { return found.is_struct && !found.hides && !found.changes; }
};

class ClassTable {
public:
    explicit ClassTable(const std::vector<Source>& sources);

    // By full name; a class in an unnamed namespace has its file's path in front.
    const std::map<std::string, KnownClass>& all() const { return classes_; }

    // The full name of the class that `name` means in `scope`, which is namespaces and classes, each with `::` behind
    // it; empty where there is none. `file` is where it is named.
    std::string resolve(std::string scope, const std::string& name, const std::string& file) const;

private:
    std::map<std::string, KnownClass> classes_;
};

}  // namespace check
