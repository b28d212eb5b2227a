//! Matrices in few bits.

use std::sync::Arc;

use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};

/// From so many rows on, the matrix is turned into floats and multiplied as such: candle's multiplication in
/// few bits reads the matrix anew for every row, which pays for the one row of the next token alone.
/// Measured in benches/README.md, *Models in this process*.
const ROWS_FOR_FLOATS: usize = 8;

/// A matrix of `to` × `from` numbers, perhaps with something to add.
pub(super) struct Matrix {
    quantised: Arc<QTensor>,
    product: QMatMul,
    bias: Option<Tensor>,
}

impl Matrix {
    /// Reads the tensor `{name}.weight`, and `{name}.bias` where there is one.
    ///
    /// # Errors
    /// Fails when the tensor is missing, cut short, or of another shape.
    pub(super) fn read(source: &mut Source<'_>, name: &str, from: usize, to: usize) -> Result<Self> {
        let quantised = Arc::new(source.quantised(&format!("{name}.weight"), &[to, from])?);
        let bias = source.floats_if_there(&format!("{name}.bias"), to)?;
        Self::new(quantised, bias)
    }

    /// From a tensor that is there already.
    pub(super) fn new(quantised: Arc<QTensor>, bias: Option<Tensor>) -> Result<Self> {
        Ok(Self {
            product: QMatMul::from_arc(quantised.clone())?,
            quantised,
            bias,
        })
    }

    /// Rows of `from` numbers become rows of `to`.
    pub(super) fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let product = if rows.dim(0)? >= ROWS_FOR_FLOATS {
            rows.matmul(&self.quantised.dequantize(&Device::Cpu)?.t()?)?
        } else {
            self.product.forward(rows)?
        };
        match &self.bias {
            Some(bias) => product.broadcast_add(bias),
            None => Ok(product),
        }
    }
}

/// The tensors of a file.
pub(super) struct Source<'f> {
    pub(super) content: &'f Content,
    pub(super) reader: &'f mut dyn ReadSeek,
}

/// What tensors are read from.
pub(super) trait ReadSeek: std::io::Read + std::io::Seek {}

impl<T: std::io::Read + std::io::Seek> ReadSeek for T {}

impl Source<'_> {
    /// Whether a tensor is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// A tensor in the bits that it is multiplied in.
    ///
    /// # Errors
    /// Fails when it is missing, cut short, or of another shape.
    pub(super) fn quantised(&mut self, name: &str, shape: &[usize]) -> Result<QTensor> {
        let Some(info) = self.content.tensor_infos.get(name) else {
            candle_core::bail!("the tensor {name} is missing");
        };
        // Before it is read: a broken header must not ask for memory.
        if info.shape.dims() != shape {
            candle_core::bail!(
                "{name} has the shape {:?} where {shape:?} was promised",
                info.shape.dims()
            );
        }
        let read = self.content.tensor(&mut self.reader, name, &Device::Cpu)?;
        quicker(read)
    }

    /// A list of floats.
    ///
    /// # Errors
    /// Fails when it is missing, cut short, or of another length.
    pub(super) fn floats(&mut self, name: &str, length: usize) -> Result<Tensor> {
        self.quantised(name, &[length])?.dequantize(&Device::Cpu)
    }

    /// A list of floats that may be absent.
    ///
    /// # Errors
    /// Fails when it is cut short or of another length.
    pub(super) fn floats_if_there(&mut self, name: &str, length: usize) -> Result<Option<Tensor>> {
        if self.has(name) {
            self.floats(name, length).map(Some)
        } else {
            Ok(None)
        }
    }
}

/// candle 0.11 multiplies these kinds one number at a time, and 8 bits (`Q8_0`) by vectors: they hold all
/// that 4 and 5 bits do, so the answer is the same and comes twice as fast.
fn quicker(read: QTensor) -> Result<QTensor> {
    let slow = matches!(
        read.dtype(),
        GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1 | GgmlDType::Q8_1
    );
    let width = read.shape().dims().last().copied().unwrap_or(0);
    if slow && width.is_multiple_of(GgmlDType::Q8_0.block_size()) {
        QTensor::quantize(&read.dequantize(&Device::Cpu)?, GgmlDType::Q8_0)
    } else {
        Ok(read)
    }
}
