#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "checks.hpp"
#include "class_table.hpp"

namespace check {

namespace {

constexpr auto class_list = "tests/check/large_classes.txt";
constexpr std::string_view class_list_head =
    "# Classes beyond the bounds of tests/check/class_table.hpp: name, functions, members, bools, files (- within the\n"
    "# bound), perhaps # and a reason; `part`, a class, its owner where it includes the owner's header. The list may "
    "only\n"
    "# shrink: `source_check classes . --update` lowers it.\n";

const Folders class_folders = {"lib", "include", "cli", "plugins"};

struct Entry {
    std::array<std::optional<int>, class_bounds.size()> sizes;
    std::string reason;  // with its #, or empty
};

struct Ratchet {
    std::map<std::string, Entry> classes;
    std::map<std::string, std::string> parts;  // "part owner" -> reason
};

std::vector<Source> sources_with_classes(const std::filesystem::path& root) {
    std::vector<Source> sources = sources_under(root, class_folders);
    std::erase_if(sources, [](const Source& source) { return source.path.ends_with("_test.cpp"); });
    return sources;
}

Ratchet read_list(const std::filesystem::path& root) {
    Ratchet list;
    const std::string text = read_text(root / class_list);
    for (std::string_view line : lines_of(text)) {
        if (line.starts_with('#') || line.empty()) {
            continue;
        }
        const std::size_t sign = std::min(line.find('#'), line.size());
        std::istringstream words{std::string(line.substr(0, sign))};
        std::string name, word;
        words >> name;
        if (name == "part") {
            std::string owner;
            words >> name >> owner;
            list.parts[name + " " + owner] = line.substr(sign);
            continue;
        }
        Entry& entry = list.classes[name];
        entry.reason = line.substr(sign);
        for (std::optional<int>& size : entry.sizes) {
            words >> word;
            if (word != "-") {
                size = std::stoi(word);
            }
        }
    }
    return list;
}

void write_list(const std::filesystem::path& root, const Ratchet& list) {
    std::ofstream out(root / class_list);
    out << class_list_head;
    for (const auto& [name, entry] : list.classes) {
        out << name;
        for (const std::optional<int>& size : entry.sizes) {
            out << ' ' << (size ? std::to_string(*size) : "-");
        }
        out << (entry.reason.empty() ? "" : " ") << entry.reason << '\n';
    }
    for (const auto& [names, reason] : list.parts) {
        out << "part " << names << (reason.empty() ? "" : " ") << reason << '\n';
    }
    if (!out.flush()) {
        throw std::runtime_error(std::string(class_list) + ": cannot be written");
    }
}

// What a class has beyond the bounds; nothing at all where it is within all of them.
std::optional<Entry> excess_of(const KnownClass& known) {
    Entry entry;
    bool any = false;
    const Sizes sizes = known.sizes();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] > class_bounds[i].most && !known.is_values()) {
            entry.sizes[i] = sizes[i];
            any = true;
        }
    }
    return any ? std::optional(entry) : std::nullopt;
}

// The headers that a file includes, and those that these include, by path.
class Reach {
public:
    explicit Reach(const std::vector<Source>& sources) {
        for (const Source& source : sources) {
            if (source.is_header()) {
                paths_.emplace(source.path.substr(source.path.find('/') + 1), source.path);
            }
            for (const Include& include : includes_of(source.text)) {
                includes_[source.path].push_back(include.name);
            }
        }
    }

    bool reaches(const std::string& file, const std::string& header) {
        std::set<std::string> seen;
        return search(file, header, seen);
    }

private:
    bool search(const std::string& file, const std::string& header, std::set<std::string>& seen) {
        for (const std::string& name : includes_[file]) {
            const auto path = paths_.find(name);
            if (path != paths_.end() && seen.insert(path->second).second &&
                (path->second == header || search(path->second, header, seen))) {
                return true;
            }
        }
        return false;
    }

    std::map<std::string, std::string> paths_;  // by include name
    std::map<std::string, std::vector<std::string>> includes_;
};

struct Leak {
    std::string part, owner;
    std::string file, header;  // the part's file, which reaches the owner's header
};

// A part is a class that a member of another class holds by value or as its only owner, and that has a header of its
// own.
std::vector<Leak> leaks_in(const ClassTable& table, const std::vector<Source>& sources) {
    std::vector<Leak> leaks;
    Reach reach(sources);
    for (const auto& [owner, known] : table.all()) {
        std::set<std::string> parts;
        for (const std::string& type : known.found.parts) {
            parts.insert(table.resolve(known.found.name + "::", type, known.file));
        }
        for (const std::string& part : parts) {
            if (part.empty() || part.starts_with(owner + "::") || table.all().at(part).file == known.file) {
                continue;
            }
            for (const std::string& file : table.all().at(part).files) {
                if (reach.reaches(file, known.file)) {
                    leaks.push_back({part, owner, file, known.file});
                    break;
                }
            }
        }
    }
    return leaks;
}

void check_size(const std::string& name, const KnownClass& known, const Entry& allowed, Findings& findings) {
    const Sizes sizes = known.sizes();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const auto& [what, most] = class_bounds[i];
        const int limit = allowed.sizes[i].value_or(most);
        if (sizes[i] > limit && !known.is_values()) {
            findings.push_back(known.file + ":" + std::to_string(known.found.line) + ": " + name + " has " +
                               std::to_string(sizes[i]) + " " + std::string(what) + "; at most " +
                               std::to_string(limit) + ": give it parts, each a class of its own");
        } else if (allowed.sizes[i] && (sizes[i] < limit || known.is_values())) {
            findings.push_back(std::string(class_list) + ": " + name + " has shrunk to " + std::to_string(sizes[i]) +
                               " " + std::string(what) + ": lower its entry (source_check classes . --update)");
        }
    }
}

}  // namespace

Findings check_classes(const std::filesystem::path& root) {
    Findings findings;
    const std::vector<Source> sources = sources_with_classes(root);
    const ClassTable table(sources);
    Ratchet list = read_list(root);
    for (const auto& [name, known] : table.all()) {
        const auto entry = list.classes.extract(name);
        check_size(name, known, entry.empty() ? Entry() : entry.mapped(), findings);
    }
    for (const auto& [name, entry] : list.classes) {
        findings.push_back(std::string(class_list) + ": there is no class " + name + ": delete its entry");
    }
    for (const Leak& leak : leaks_in(table, sources)) {
        if (list.parts.extract(leak.part + " " + leak.owner).empty()) {
            findings.push_back(leak.file + ":1: " + leak.part + " is a part of " + leak.owner + " and includes " +
                               leak.header + ": give the part what it needs, not its owner");
        }
    }
    for (const auto& [names, reason] : list.parts) {
        findings.push_back(std::string(class_list) + ": part " + names +
                           " no longer includes its owner's header: delete it");
    }
    return findings;
}

std::vector<std::string> report_classes(const std::filesystem::path& root) {
    std::vector<std::pair<double, std::string>> lines;
    const ClassTable table(sources_with_classes(root));
    for (const auto& [name, known] : table.all()) {
        const Sizes sizes = known.sizes();
        double share = 0;  // of the bound that it is nearest to
        std::string line;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const int free = class_bounds[i].what == "files" ? 1 : 0;  // a class has one in any case
            share = std::max(share, static_cast<double>(sizes[i] - free) / (class_bounds[i].most - free));
            line += (line.empty() ? "" : ", ") + std::to_string(sizes[i]) + " " + std::string(class_bounds[i].what);
        }
        if (share > 0.5 && !known.is_values()) {
            lines.emplace_back(share, name + ": " + line);
        }
    }
    std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<std::string> report;
    for (auto& [share, line] : lines) {
        report.push_back(std::move(line));
    }
    return report;
}

void update_class_list(const std::filesystem::path& root) {
    const bool is_new = !std::filesystem::exists(root / class_list);
    const std::vector<Source> sources = sources_with_classes(root);
    const ClassTable table(sources);
    const Ratchet old = read_list(root);
    Ratchet list;
    for (const auto& [name, known] : table.all()) {
        auto excess = excess_of(known);
        const auto entry = old.classes.find(name);
        if (!excess || (entry == old.classes.end() && !is_new)) {
            continue;
        }
        for (std::size_t i = 0; i < class_bounds.size() && !is_new; ++i) {
            const std::optional<int>& before = entry->second.sizes[i];
            excess->sizes[i] = before ? std::min(before, excess->sizes[i]) : std::nullopt;
        }
        excess->reason = is_new ? "" : entry->second.reason;
        list.classes[name] = *excess;
    }
    for (const Leak& leak : leaks_in(table, sources)) {
        const std::string names = leak.part + " " + leak.owner;
        if (const auto entry = old.parts.find(names); entry != old.parts.end() || is_new) {
            list.parts[names] = is_new ? "" : entry->second;
        }
    }
    write_list(root, list);
}

}  // namespace check
