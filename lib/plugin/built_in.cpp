#include "plugin/built_in.hpp"

#include <functional>
#include <map>

#include "base/mutex.hpp"
#include "ferrotunnel/plugin_info.hpp"

namespace ferrotunnel::plugin {
namespace {

struct Table {
    Mutex mutex;
    std::map<std::string, ft_entry, std::less<>> entries GUARDED_BY(mutex);
};

Table& table() {
    static Table made;
    return made;
}

}  // namespace

void add_built_in(std::string_view type, ft_entry entry) {
    Table& all = table();
    const MutexLock lock(all.mutex);
    all.entries.insert_or_assign(std::string(type), entry);
}

ft_entry built_in(std::string_view type) {
    Table& all = table();
    const MutexLock lock(all.mutex);
    const auto found = all.entries.find(type);
    return found != all.entries.end() ? found->second : nullptr;
}

std::vector<std::string> built_in_types() {
    Table& all = table();
    const MutexLock lock(all.mutex);
    std::vector<std::string> names;
    for (const auto& [name, entry] : all.entries) {
        names.push_back(name);
    }
    return names;
}

}  // namespace ferrotunnel::plugin

namespace ferrotunnel {

void add_built_in_plugin(const std::string& type, ft_entry entry) {
    plugin::add_built_in(type, entry);
}

}  // namespace ferrotunnel
