// What a cell is. The rest of the core knows no more of it than this.
//
//   gates        blocks of H rows in weight_ih, weight_hh and the biases
//   apart        gates whose recurrent product is kept apart from the input's (GRU's candidate: 1)
//   slots        gates + apart: values kept per unit and step. The input's product reaches slots [0, gates), the
//                state's product slots [apart, gates + apart)
//   input_gate   which gate of the weights (torch's order) fills slot s from the input
//   state_gate   which gate fills slot apart + s from the state
//   cell_state   whether there is a long-term state c beside h
//   saves        whether step leaves more in the slots than h; if not they stay empty until step_grad, which finds h in
//                slot 0
//   step         on vectors V of units (see functions.h): slots hold the pre-activations; leaves the saved values there,
//                and the new states
//   step_grad    slots hold the saved values; leaves the gradients of the pre-activations there. dc holds d/dc of this
//                step and leaves that of the step before; dh_direct is what reaches the h before it, weights apart
//
// To add one: a header like lstm.h and a line in all.h.
#pragma once

#include "../functions.h"

namespace tg::TG_ISA {

template <class Cell>
inline constexpr int slots_of = Cell::gates + Cell::apart;

}  // namespace tg::TG_ISA
