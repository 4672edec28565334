# cmake --install: headers, the library, the CMake package, the pkg-config file (component `development`), the program, its
# plugins (`program`) and its unit for systemd (`unit`), with the kind of BUILD_SHARED_LIBS. A build that has the other
# kind too installs everything with it by `--component static` or `--component shared`. packages.cmake makes packages of
# the components.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ferrotunnel)
file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
list(TRANSFORM FERROTUNNEL_ASIO_DEFINITIONS PREPEND "-D" OUTPUT_VARIABLE pc_definitions)
list(JOIN pc_definitions " " pc_definitions)

# Headers of our own program and plugins, which no public header includes.
set(internal_headers
  "cluster_key_file|health_kinds|nearest|new_folder|path_text|private_zone|server_place|setting_texts|shell_text|shown_text|text_encoding|time_text|whole_file")

# ft_package(KIND library program [OTHER]): everything that is installed with this kind of the library. OTHER: as one
# component, only on request.
function(ft_package kind library program)
  string(TOLOWER ${kind} kind_name)
  foreach(component IN ITEMS program unit development)
    set(${component}_options COMPONENT ${component})
    if("OTHER" IN_LIST ARGN)
      set(${component}_options COMPONENT ${kind_name} EXCLUDE_FROM_ALL)
    endif()
  endforeach()
  set(generated ${PROJECT_BINARY_DIR}/package/${kind_name})

  install(TARGETS ${library} EXPORT ferrotunnel_${kind_name}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} ${development_options}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ${development_options}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  if(TARGET ${program})
    if(kind STREQUAL "SHARED")  # the program finds the library of the same installation wherever that was put
      set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
    endif()
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} ${program_options})
    # Where systemd looks, for a prefix of /usr or /usr/local.
    configure_file(${PROJECT_SOURCE_DIR}/cli/systemd/ferrotunnel@.service.in ${generated}/ferrotunnel@.service @ONLY)
    install(FILES ${generated}/ferrotunnel@.service DESTINATION lib/systemd/system ${unit_options})
  endif()
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ ${FERROTUNNEL_GENERATED_INCLUDE_DIR}/
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${development_options} FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h"
    REGEX "/detail/(${internal_headers})[.]hpp$" EXCLUDE)

  get_property(plugins GLOBAL PROPERTY FERROTUNNEL_PLUGINS)
  list(TRANSFORM plugins APPEND _file)
  install(TARGETS ${plugins} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/ferrotunnel/plugins ${program_options})

  # The two kinds' files differ in name, since CMake writes both into one folder of the build.
  set(targets_file ferrotunnelTargets-${kind_name}.cmake)
  install(EXPORT ferrotunnel_${kind_name} FILE ${targets_file} NAMESPACE ferrotunnel:: DESTINATION ${package_dir}
    ${development_options})
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ferrotunnelConfig.cmake.in
    ${generated}/ferrotunnelConfig.cmake INSTALL_DESTINATION ${package_dir})
  write_basic_package_version_file(${generated}/ferrotunnelConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${generated}/ferrotunnelConfig.cmake ${generated}/ferrotunnelConfigVersion.cmake
    DESTINATION ${package_dir} ${development_options})

  # A static library brings its users the libraries below it; a shared one knows its own.
  set(pc_requires "")
  if(kind STREQUAL "STATIC")
    set(pc_requires "openssl >= 3.0, fmt, re2, libnghttp2, yaml-cpp, zlib, libbrotlidec")
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/ferrotunnel.pc.in ${generated}/ferrotunnel.pc @ONLY)
  install(FILES ${generated}/ferrotunnel.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig ${development_options})
endfunction()

ft_package(${FERROTUNNEL_KIND} ferrotunnel_library ferrotunnel)
if(FERROTUNNEL_OTHER_KIND)
  ft_package(${FERROTUNNEL_OTHER_KIND} ferrotunnel_library_other ferrotunnel_other OTHER)
endif()
include(packages)
