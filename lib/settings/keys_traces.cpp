// `server.traces.headers`: fields for the collector, whose values are probably secrets.
#include <utility>

#include "config/secret_text.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {

void read_traces_sections(SectionReader& reader, Traces& traces, ConfigReading& reading) {
    const auto value = reader.find(traces_place, "headers");
    if (!value) {
        return;
    }
    if (!value->is_group()) {
        value->unexpected("names with their values, like {Authorization: \"env:COLLECTOR_AUTH\"}");
        return;
    }
    traces.headers.clear();
    for (const auto& [name, each] : value->section().all()) {
        if (auto secret = config::read_secret(each, secret_source(reading))) {
            traces.headers.emplace_back(name, std::move(*secret));
        }
    }
}

}  // namespace ferrotunnel::detail
